// SPDX-License-Identifier: GPL-2.0-only
import type { Exploration } from '../model/exploration.ts';
import type { PointOutcome, RaceMap } from '../model/interleave.ts';
import { countOutcomes, disagreeing, FROZEN_WAIT, isFrozenWait, OUTCOME_KINDS } from '../model/race-map.ts';
import { backendWord, several } from '../model/words.ts';

export type OutcomeKind = PointOutcome['kind'];

/** What an outcome at a point says to who has not read docs/interleave.md. */
export const OUTCOME_MEANING: Readonly<Record<OutcomeKind, string>> = {
  oops: 'the kernel crashed',
  corruption: 'memory was not what was written',
  hang: 'no end',
  inconclusive: 'inconclusive',
  waited: 'swapoff waited for the fault',
  refused: 'the fault noticed and backed off',
  ok: 'all went well',
};

/** How a path was explored: path, backend, hold, what the other side did, and where swapoff was held. */
export function wayOf({ path, backend, hold, meanwhile, contenderTo }: RaceMap): string {
  return `${path} on ${backendWord(backend)}, ${hold}${meanwhile === 'swapoff' ? '' : `, ${meanwhile}`}${contenderTo === null ? '' : `, swapoff at ${contenderTo}`}`;
}

/** What is to be said of an exploration that was not completed; null for one that was. */
function endOfMapText({ spec: { variant, path, hold }, end, map }: Exploration): string | null {
  if (end.kind === 'completed') return null;
  return `${variant}, ${path}, ${hold}: ${end.message}${map === null ? '' : '; its map has what was explored until then'}`;
}

/**
 * What is to be said of stored maps beside the maps themselves: what could not be read, is not finished, or ended
 * early.
 */
export function notesOfMaps({ explorations, unfinished, unreadable }: StoredMapNotes): string[] {
  return [
    ...unreadable,
    ...unfinished.map(unfinishedMapText),
    ...explorations.flatMap((each) => endOfMapText(each) ?? []),
  ];
}

export interface StoredMapNotes {
  readonly explorations: readonly Exploration[];
  readonly unfinished: readonly { readonly name: string; readonly attempts: number }[];
  readonly unreadable: readonly string[];
}

/** An exploration that goes on, or was ended from outside. */
function unfinishedMapText({ name, attempts }: { readonly name: string; readonly attempts: number }): string {
  return `${name}: not finished, ${several(attempts, 'attempt')} so far`;
}

/**
 * `14 of 838 points explored: 12 oops, 2 waited`: never without the points that exist, nor without what makes it void.
 */
export function exploredText(map: RaceMap): string {
  const counts = countOutcomes(map);
  const said = OUTCOME_KINDS.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`);
  const differ = disagreeing(map);
  const all = [...said, ...(differ === 0 ? [] : [`repeats differ at ${differ}`])];
  return `${voided(map)}${map.exploredPoints} of ${map.pathPoints} points explored${mergedWords(map)}${all.length === 0 ? '' : `: ${all.join(', ')}`}`;
}

/** What stands before whatever is said of a map whose merging was wrong. */
export function voided({ merged }: RaceMap): string {
  return merged !== null && merged.differences.length > 0 ? 'VOID (merged points differ): ' : '';
}

/** Points that were left to a neighbour; nothing where none were. */
export function mergedWords({ merged }: RaceMap): string {
  if (merged === null) return '';
  const { represented, checked, differences } = merged;
  return ` (${represented} more by a neighbour, ${checked} such checked, ${differences.length} differ)`;
}

/** What is to be said of points that waited under a hold that makes everything wait; null where there are none. */
export function frozenWaitsText({ windows, hold }: RaceMap): string | null {
  const frozen = windows.filter(({ outcomes: [gravest] }) => gravest !== undefined && isFrozenWait(gravest, hold));
  const points = frozen.reduce((total, { explored }) => total + explored, 0);
  return points === 0
    ? null
    : `${several(points, 'point')} that waited under ${hold} ${points === 1 ? 'says' : 'say'} nothing of a fix: ${FROZEN_WAIT}`;
}

/** True where a map holds what a fix must not let happen, or did not find out. */
export function isBad(kind: OutcomeKind): boolean {
  return kind === 'oops' || kind === 'corruption' || kind === 'hang' || kind === 'inconclusive';
}
