// SPDX-License-Identifier: GPL-2.0-only
import jStat from 'jstat';
import { seededRandom, type Random } from '../model/random.ts';
import type { Interval } from './interval.ts';
import { quantileSorted } from './order.ts';

export interface BootstrapOptions {
  readonly seed: number;
  readonly confidence?: number;
  readonly resamples?: number;
}

/**
 * The interval of a statistic of two groups of boots, whole boots drawn with replacement: what happened within one boot
 * stays together. Percentiles are taken further out than asked for, by as much as Student's t and n/(n-1) demand, since
 * few boots make the plain percentile interval too narrow (Hesterberg, 2015, 5.2).
 *
 * @param statistic of resampled boots of `x` and `y`; null where it does not exist.
 * @returns null when a side has fewer than two boots or the statistic hardly ever exists.
 */
export function clusterBootstrap<T>(
  x: readonly T[],
  y: readonly T[],
  statistic: (x: readonly T[], y: readonly T[]) => number | null,
  { seed, confidence = 0.95, resamples = 2_000 }: BootstrapOptions,
): Interval | null {
  const fewer = Math.min(x.length, y.length);
  if (fewer < 2) return null;
  const random = seededRandom(seed);
  const values: number[] = [];
  for (let draw = 0; draw < resamples; draw++) {
    const value = statistic(drawn(x, random), drawn(y, random));
    if (value !== null) values.push(value);
  }
  if (values.length < 0.95 * resamples) return null;
  values.sort((a, b) => a - b);
  const tail = expandedTail((1 - confidence) / 2, fewer);
  return { low: quantileSorted(values, tail), high: quantileSorted(values, 1 - tail), confidence };
}

function expandedTail(tail: number, n: number): number {
  return jStat.normal.cdf(jStat.studentt.inv(tail, n - 1) * Math.sqrt(n / (n - 1)), 0, 1);
}

function drawn<T>(values: readonly T[], random: Random): T[] {
  return values.map(() => values[Math.floor(random() * values.length)] as T);
}
