// SPDX-License-Identifier: GPL-2.0-only
import type { Shift } from './hodges-lehmann.ts';
import type { RankSumTest } from './rank-sum.ts';
import { midranks, quantileSorted } from './order.ts';

/**
 * How often differences whose signs are tossed would have ranks as far to one side as these have, times two (Wilcoxon's
 * signed-rank test, on midranks of the absolute differences, given which of them are 0): a difference is taken within a
 * block, so that what moves a whole block moves none. Every way to toss is counted.
 */
export function signedRankTest(differences: readonly number[]): RankSumTest {
  const moved = differences.filter((difference) => difference !== 0);
  // Midranks are halves: twice a midrank is whole.
  const ranks = midranks(moved.map(Math.abs)).map((rank) => 2 * rank);
  const observed = moved.reduce((sum, difference, at) => (difference > 0 ? sum + (ranks[at] as number) : sum), 0);
  const ways = waysOf(ranks);
  const of = 2 ** moved.length;
  const total = (part: Float64Array): number => part.reduce((sum, count) => sum + count, 0);
  const tail = Math.min(total(ways.subarray(0, observed + 1)), total(ways.subarray(observed)));
  return { p: Math.min(1, (2 * tail) / of), exact: true, least: leastSignedRank(differences.length) };
}

/** The smallest p that this many blocks can give. */
export function leastSignedRank(blocks: number): number {
  return Math.min(1, 2 / 2 ** blocks);
}

/**
 * The median of the means of all pairs of differences, a difference with itself included (Hodges and Lehmann, 1963),
 * with the distribution-free interval that belongs to the signed-rank test. Ties make it wider, never narrower.
 *
 * @throws RangeError without differences.
 */
export function signedShift(differences: readonly number[], confidence = 0.95): Shift {
  if (differences.length === 0) throw new RangeError('a shift needs differences');
  const means = differences.flatMap((a, at) => differences.slice(at).map((b) => (a + b) / 2)).sort((a, b) => a - b);
  const dropped = meansToDrop(differences.length, (1 - confidence) / 2);
  const [low, high] = [means[dropped - 1], means[means.length - dropped]];
  const interval = low === undefined || high === undefined ? null : { low, high, confidence };
  return { estimate: quantileSorted(means, 0.5), interval };
}

/** The largest k with P(W < k) <= tail, W the sum of positive ranks of `blocks` differences; 0 when there is none. */
function meansToDrop(blocks: number, tail: number): number {
  const ways = waysOf(Array.from({ length: blocks }, (_, at) => at + 1));
  const of = 2 ** blocks;
  let below = 0;
  let k = 0;
  while (k < ways.length && (below + (ways[k] as number)) / of <= tail) below += ways[k++] as number;
  return k;
}

/** In how many choices of ranks, of any size, they add up to 0, 1, …. */
function waysOf(ranks: readonly number[]): Float64Array {
  const ways = new Float64Array(ranks.reduce((sum, rank) => sum + rank, 0) + 1);
  ways[0] = 1;
  for (const rank of ranks)
    for (let sum = ways.length - 1; sum >= rank; sum--)
      ways[sum] = (ways[sum] as number) + (ways[sum - rank] as number);
  return ways;
}
