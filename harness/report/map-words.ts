import type { PointOutcome, RaceMap } from '../model/interleave.ts';
import { countOutcomes, FROZEN_WAIT, isFrozenWait, OUTCOME_KINDS } from '../model/race-map.ts';
import type { RunResult } from '../model/verdict.ts';
import { several } from './wording.ts';

export type OutcomeKind = PointOutcome['kind'];

/** What an outcome at a point says to who has not read docs/interleave.md. */
export const OUTCOME_MEANING: Readonly<Record<OutcomeKind, string>> = {
  oops: 'the kernel crashed',
  corruption: 'memory was not what was written',
  hang: 'no end',
  inconclusive: 'could not tell',
  waited: 'swapoff waited for the fault',
  refused: 'the fault noticed and backed off',
  ok: 'all went well',
};

/** The maps of a run, in the order of its explorations; those that came to none are not there. */
export function mapsOf({ explorations }: RunResult): RaceMap[] {
  return explorations.flatMap(({ map }) => (map === null ? [] : [map]));
}

/** `14 of 838 points explored: 12 oops, 2 waited`: never without the points that exist. */
export function exploredText(map: RaceMap): string {
  const counts = countOutcomes(map);
  const said = OUTCOME_KINDS.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`);
  return `${map.exploredPoints} of ${map.pathPoints} points explored${said.length === 0 ? '' : `: ${said.join(', ')}`}`;
}

/** What is to be said of points that waited under a hold that makes everything wait; null where there are none. */
export function frozenWaitsText({ windows, hold }: RaceMap): string | null {
  const frozen = windows.filter(({ outcomes: [gravest] }) => gravest !== undefined && isFrozenWait(gravest, hold));
  const points = frozen.reduce((total, { explored }) => total + explored, 0);
  return points === 0 ? null : `${several(points, 'point')} that waited under ${hold} ${points === 1 ? 'says' : 'say'} nothing of a fix: ${FROZEN_WAIT}`;
}

/** True where a map holds what a fix must not let happen, or did not find out. */
export function isBad(kind: OutcomeKind): boolean {
  return kind === 'oops' || kind === 'corruption' || kind === 'hang' || kind === 'inconclusive';
}
