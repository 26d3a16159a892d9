// SPDX-License-Identifier: GPL-2.0-only
import { seededRandom, shuffled } from '../model/random.ts';

/** Fewer runs than this on either side make no level. */
const FEWEST = 3;
/** Orders of the runs that are tried at most, and how often chance has to do as well before the search ends early. */
const SHUFFLES = 999;
const ENOUGH_BY_CHANCE = 20;

/** What two levels explain more than one, for each `at` from 1 on: the first `at` runs against the others. */
export type GainsOf<T> = (runs: readonly T[]) => readonly number[];

export interface Split<T> {
  readonly before: readonly T[];
  readonly after: readonly T[];
  readonly p: number;
}

/**
 * Splits of runs into levels, oldest first: the split into two that explains the runs best, when a shuffled order of
 * the same runs explains as much with a probability below `alpha`; then the same on both sides. Shuffling whole runs
 * keeps what differs between runs for other reasons (a busy host), which a test that takes exposures for independent
 * would report as changes. The shuffles are the same every time.
 */
export function splits<T>(runs: readonly T[], gainsOf: GainsOf<T>, alpha: number): Split<T>[] {
  const split = bestSplit(runs, gainsOf);
  if (split === null || split.gain <= 0) return [];
  const p = chance(runs, gainsOf, split.gain, alpha);
  if (p >= alpha) return [];
  const [before, after] = [runs.slice(0, split.at), runs.slice(split.at)];
  return [...splits(before, gainsOf, alpha), { before, after, p }, ...splits(after, gainsOf, alpha)];
}

/** Where two levels explain most, and how much more they explain than one. */
function bestSplit<T>(runs: readonly T[], gainsOf: GainsOf<T>): { readonly at: number; readonly gain: number } | null {
  if (runs.length < 2 * FEWEST) return null;
  const gains = gainsOf(runs);
  let best: { at: number; gain: number } | null = null;
  for (let at = FEWEST; at <= runs.length - FEWEST; at++) {
    const gain = gains[at - 1] ?? 0;
    if (best === null || gain > best.gain) best = { at, gain };
  }
  return best;
}

/** How often a shuffled order does as well: p of a permutation test, ended early where it is plainly no small one. */
function chance<T>(runs: readonly T[], gainsOf: GainsOf<T>, gain: number, alpha: number): number {
  // A history always says the same.
  const random = seededRandom(runs.length);
  let asGood = 0;
  for (let shuffles = 1; shuffles <= SHUFFLES; shuffles++) {
    if ((bestSplit(shuffled(runs, random), gainsOf)?.gain ?? 0) >= gain - 1e-9) asGood++;
    if (asGood >= ENOUGH_BY_CHANCE && asGood / shuffles > alpha) return asGood / shuffles;
  }
  return (asGood + 1) / (SHUFFLES + 1);
}
