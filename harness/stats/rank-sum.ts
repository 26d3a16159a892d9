// SPDX-License-Identifier: GPL-2.0-only
import { seededRandom, shuffled } from '../model/random.ts';
import { midranks } from './order.ts';

/** Up to this many figures in all, every split into the two sides is counted. */
const MOST_COUNTED = 60;
const RESAMPLES = 9_999;

export interface RankSumTest {
  /** Two-sided. */
  readonly p: number;
  readonly exact: boolean;
  /** The smallest p that samples of these sizes can give at all. */
  readonly least: number;
}

/**
 * How often figures that are dealt to the two sides at random would have ranks as far to one side as these have, times
 * two; on midranks, so that ties and single wild figures do no harm. Every way to deal is counted where the figures are
 * few; else they are drawn from `seed`.
 */
export function rankSumTest(x: readonly number[], y: readonly number[], seed: number): RankSumTest {
  // Midranks are halves: twice a midrank is whole.
  const ranks = midranks([...x, ...y]).map((rank) => 2 * rank);
  const observed = sumOfFirst(ranks, x.length);
  const exact = ranks.length <= MOST_COUNTED;
  const { atMost, atLeast, of } = exact
    ? countAll(ranks, x.length, observed)
    : drawSome(ranks, x.length, observed, seed);
  return { p: Math.min(1, (2 * Math.min(atMost, atLeast)) / of), exact, least: Math.min(1, 2 / of) };
}

interface Tails {
  /** Ways with a sum of at most, and of at least, the observed one. */
  readonly atMost: number;
  readonly atLeast: number;
  readonly of: number;
}

/** Counts the choices of `size` ranks by their sum, one rank after the other. */
function countAll(ranks: readonly number[], size: number, observed: number): Tails {
  const most = ranks.reduce((sum, rank) => sum + rank, 0);
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(most + 1));
  (ways[0] as Float64Array)[0] = 1;
  for (const rank of ranks) {
    for (let chosen = size; chosen > 0; chosen--) {
      const [into, from] = [ways[chosen] as Float64Array, ways[chosen - 1] as Float64Array];
      for (let sum = most; sum >= rank; sum--) into[sum] = (into[sum] as number) + (from[sum - rank] as number);
    }
  }
  const counts = ways[size] as Float64Array;
  const total = (part: Float64Array): number => part.reduce((sum, count) => sum + count, 0);
  return {
    atMost: total(counts.subarray(0, observed + 1)),
    atLeast: total(counts.subarray(observed)),
    of: total(counts),
  };
}

/** What was measured is one of the ways, too: p is never 0. */
function drawSome(ranks: readonly number[], size: number, observed: number, seed: number): Tails {
  const random = seededRandom(seed);
  let [atMost, atLeast] = [1, 1];
  for (let draw = 0; draw < RESAMPLES; draw++) {
    const sum = sumOfFirst(shuffled(ranks, random), size);
    if (sum <= observed) atMost++;
    if (sum >= observed) atLeast++;
  }
  return { atMost, atLeast, of: RESAMPLES + 1 };
}

function sumOfFirst(ranks: readonly number[], size: number): number {
  return ranks.slice(0, size).reduce((sum, rank) => sum + rank, 0);
}
