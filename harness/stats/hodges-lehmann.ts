// SPDX-License-Identifier: GPL-2.0-only
import jStat from 'jstat';
import type { Interval } from './interval.ts';
import { quantileSorted } from './order.ts';

/** How much the figures of `y` lie above those of `x`. */
export interface Shift {
  /** Median of all differences y - x (Hodges and Lehmann, 1963). */
  readonly estimate: number;
  /** Null when there are too few figures for the confidence that was asked for. */
  readonly interval: Interval | null;
}

/** Up to this many figures per side the distribution of U is counted; beyond, it is normal to many digits. */
const MOST_EXACT = 40;

/**
 * The shift between two samples, with the distribution-free interval that belongs to the rank-sum test: the k-th
 * smallest and largest of all differences, k from the distribution of Mann and Whitney's U. Ties make it wider, never
 * narrower.
 *
 * @throws RangeError when a sample is empty.
 */
export function hodgesLehmann(x: readonly number[], y: readonly number[], confidence = 0.95): Shift {
  if (x.length === 0 || y.length === 0) throw new RangeError('a shift needs figures on both sides');
  const differences = y.flatMap((b) => x.map((a) => b - a)).sort((a, b) => a - b);
  const dropped = ranksToDrop(x.length, y.length, (1 - confidence) / 2);
  const [low, high] = [differences[dropped - 1], differences[differences.length - dropped]];
  const interval = low === undefined || high === undefined ? null : { low, high, confidence };
  return { estimate: quantileSorted(differences, 0.5), interval };
}

/** The largest k with P(U < k) <= tail; 0 when there is none. */
export function ranksToDrop(m: number, n: number, tail: number): number {
  if (Math.max(m, n) > MOST_EXACT) {
    const sd = Math.sqrt((m * n * (m + n + 1)) / 12);
    return Math.max(0, Math.floor((m * n) / 2 + jStat.normal.inv(tail, 0, 1) * sd));
  }
  const counts = uCounts(m, n);
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  let k = 0;
  while (k < counts.length && (below + (counts[k] as number)) / total <= tail) below += counts[k++] as number;
  return k;
}

/** In how many of all orders of m and n figures U is 0, 1, …, mn (the Gaussian binomial's coefficients). */
function uCounts(m: number, n: number): number[] {
  let counts = new Array<number>(m * n + 1).fill(0);
  counts[0] = 1;
  for (let part = 1; part <= n; part++) {
    counts = divide(multiply(counts, m + part), part);
  }
  return counts;
}

/** Times (1 - q^degree), cut at the length. */
function multiply(counts: readonly number[], degree: number): number[] {
  return counts.map((count, at) => count - (counts[at - degree] ?? 0));
}

/** Over (1 - q^degree), as a power series. */
function divide(counts: readonly number[], degree: number): number[] {
  const result = [...counts];
  for (let at = degree; at < result.length; at++) result[at] = (result[at] as number) + (result[at - degree] as number);
  return result;
}
