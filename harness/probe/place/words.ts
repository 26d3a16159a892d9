// SPDX-License-Identifier: GPL-2.0-only
import { backendText, backendWord, several } from '../../model/words.ts';
import type { RaceMap } from './map.ts';
import { frozenWait, isFrozenWait, OUTCOME_KINDS, type OutcomeKind } from './outcome.ts';
import type { ProbedRace } from '../keys.ts';
import type { PlaceSpec } from './spec.ts';

/** What an outcome at a point says to who has not read docs/interleave.md. */
export function meaningOf(kind: OutcomeKind, { contender, operation }: ProbedRace['words']): string {
  switch (kind) {
    case 'oops':
      return 'the kernel crashed';
    case 'corruption':
      return 'memory was not what was written';
    case 'hang':
      return 'no end';
    case 'inconclusive':
      return 'inconclusive';
    case 'waited':
      return `${contender} waited for the ${operation}`;
    case 'refused':
      return `the ${operation} noticed and backed off`;
    case 'ok':
      return 'all went well';
  }
}

/** What a probe holds where, and against which control. */
export function titleOf(probe: PlaceSpec): string {
  const { id, path, hold, meanwhile, points, backend, control, contenderTo, race } = probe;
  const which =
    points.kind === 'functions'
      ? 'the first instruction of every function'
      : points.kind === 'all'
        ? 'every instruction'
        : `every ${points.count}th instruction`;
  const kept = contenderTo === null ? '' : `, ${race.words.contender} kept at ${contenderTo}`;
  const against = control === null ? 'no control' : `control ${control}`;
  const held = `${path} held by ${hold} at ${which}, ${meanwhile} meanwhile${kept}`;
  return `${id}: ${held}; swap on ${backendText(backend)}; ${against}`;
}

/** How a path was explored: path, backend, hold, what the other side did, and where it was held in its turn. */
export function wayOf({ path, backend, hold, meanwhile, contenderTo, contender }: RaceMap): string {
  const other = `${meanwhile}()` === contender ? '' : `, ${meanwhile}`;
  const kept = contenderTo === null ? '' : `, ${meanwhile} at ${contenderTo}`;
  return `${path} on ${backendWord(backend)}, ${hold}${other}${kept}`;
}

/** What distinguishes maps: the kernel, and how it was explored. */
export function mapName(map: RaceMap): string {
  return `${map.variant}, ${wayOf(map)}`;
}

/** Instants by the worst of what their attempts came to. */
export function kindCounts({ windows }: RaceMap): Readonly<Record<OutcomeKind, number>> {
  const counts = Object.fromEntries(OUTCOME_KINDS.map((kind) => [kind, 0])) as Record<OutcomeKind, number>;
  for (const { outcomes, explored } of windows) {
    const worst = outcomes[0];
    if (worst !== undefined) counts[worst.kind] += explored;
  }
  return counts;
}

/** Instants at which repeats came to different outcomes. */
export function disagreeing({ windows }: RaceMap): number {
  return windows.filter(({ outcomes }) => outcomes.length > 1).reduce((total, { explored }) => total + explored, 0);
}

/** `14 of 838 points`, with what was asked for and not held there: never without the points that exist. */
export function heldText(map: RaceMap): string {
  const { exploredPoints, pathPoints, pointsAre, deferred, unheld } = map;
  const apart = [
    ...(deferred > 0 ? [`${deferred} more held later than asked`] : []),
    ...(unheld > 0 ? [`${unheld} never held`] : []),
  ];
  const what = pointsAre === 'instructions' ? 'points' : pointsAre;
  return `${exploredPoints} of ${pathPoints} ${what}${apart.length === 0 ? '' : ` (${apart.join(', ')})`}`;
}

/** `14 of 838 points explored: 12 oops, 2 waited`, and what makes it void. */
export function exploredText(map: RaceMap): string {
  const counts = kindCounts(map);
  const differ = disagreeing(map);
  const all = [
    ...OUTCOME_KINDS.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`),
    ...(differ === 0 ? [] : [`repeats differ at ${differ}`]),
  ];
  return `${voided(map)}${heldText(map)} explored${mergedWords(map)}${all.length === 0 ? '' : `: ${all.join(', ')}`}`;
}

/** One line: the kernel, how it was explored, and what came of it. Crashes, hangs and corruption are always named. */
export function mapSentence(map: RaceMap): string {
  const counts = kindCounts(map);
  const always = [`${counts.oops} oops`, `${counts.hang} hang`, `${counts.corruption} corruption`];
  const others = (['waited', 'refused', 'ok', 'inconclusive'] as const)
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${counts[kind]} ${kind}`);
  const differ = disagreeing(map);
  const sets = differ === 0 ? [] : [`repeats differ at ${differ}`];
  const outcomes = [...always, ...others, ...sets].join(', ');
  return `${voided(map)}${mapName(map)}: ${heldText(map)}${mergedWords(map)}, ${outcomes}`;
}

/** What stands before whatever is said of a map whose merging was wrong. */
function voided({ merged }: RaceMap): string {
  return merged !== null && merged.differences.length > 0 ? 'VOID (merged points differ): ' : '';
}

/** Points that were left to a neighbour; nothing where none were. */
function mergedWords({ merged }: RaceMap): string {
  if (merged === null) return '';
  const { represented, checked, differences } = merged;
  return ` (${represented} more by a neighbour, ${checked} such checked, ${differences.length} differ)`;
}

/** Where the path begins and ends, how long it is, and why it ends there. */
export function pathText({ anchor, pathEnd, pathPoints, pointsAre }: RaceMap): string {
  return `the path: ${pathPoints} ${pointsAre} from ${anchor} to ${pathEnd}`;
}

const CONFIDENCE = 0.95;

/**
 * What attempts without a finding support at one instant: the chance of a finding that as many attempts would miss with
 * a probability of 5 %. For many attempts it is the rule of three, 3/n.
 */
export function missedChance(attempts: number): number {
  return attempts === 0 ? 1 : 1 - (1 - CONFIDENCE) ** (1 / attempts);
}

/** The same in words. */
export function boundText({ attempts, guests }: RaceMap): string {
  const percent = Math.ceil(missedChance(attempts) * 100);
  const made = `${several(attempts, 'attempt')} at a point in ${several(guests, 'guest')}`;
  return `${made}: what fails in up to ${percent} % of attempts there may have been missed (95 % confidence)`;
}

/** What is to be said of points that waited under a hold that makes everything wait; null where there are none. */
export function frozenWaitsText({ windows, hold, contender }: RaceMap): string | null {
  const frozen = windows.filter(({ outcomes: [worst] }) => worst !== undefined && isFrozenWait(worst, hold));
  const points = frozen.reduce((total, { explored }) => total + explored, 0);
  if (points === 0) return null;
  const why = frozenWait({ contender });
  const says = points === 1 ? 'says' : 'say';
  return `${several(points, 'point')} that waited under ${hold} ${says} nothing of a fix: ${why}`;
}
