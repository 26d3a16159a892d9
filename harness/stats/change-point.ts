// SPDX-License-Identifier: GPL-2.0-only
import type { ChangePoint, LevelChange, Tally } from '../model/history.ts';
import { splits } from './levels.ts';
import { median, midranks } from './order.ts';

export interface DatedTally extends Tally {
  readonly run: string;
}

export interface DatedValue {
  readonly run: string;
  readonly value: number;
}

/** Older runs than these are not looked at. */
const MOST_RUNS = 200;

/**
 * Runs from which on a rate is another, oldest first; what makes a level is how much likelier two binomials are than
 * one.
 */
export function changePoints(tallies: readonly DatedTally[], alpha: number): ChangePoint[] {
  const raced = tallies.slice(-MOST_RUNS).filter(({ exposure }) => exposure > 0);
  return splits(raced, binomialGains, alpha).map(({ before, after, p }) => ({
    run: after[0]?.run ?? '',
    before: total(before),
    after: total(after),
    p,
  }));
}

/** Runs from which on a figure is another, oldest first; ranks make the levels, so that one wild run makes none. */
export function levelChanges(values: readonly DatedValue[], alpha: number): LevelChange[] {
  return splits(values.slice(-MOST_RUNS), rankGains, alpha).map(({ before, after, p }) => ({
    run: after[0]?.run ?? '',
    before: median(before.map(({ value }) => value)),
    after: median(after.map(({ value }) => value)),
    p,
  }));
}

/** Log-likelihood ratios. */
function binomialGains(tallies: readonly Tally[]): number[] {
  const all = total(tallies);
  const one = likelihood(all.count, all.exposure);
  let count = 0;
  let exposure = 0;
  return tallies.map((tally) => {
    count += tally.count;
    exposure += tally.exposure;
    return likelihood(count, exposure) + likelihood(all.count - count, all.exposure - exposure) - one;
  });
}

/** Log-likelihood of a binomial at its own rate. */
function likelihood(count: number, exposure: number): number {
  if (count === 0 || count === exposure) return 0;
  return count * Math.log(count / exposure) + (exposure - count) * Math.log(1 - count / exposure);
}

/** Squares of the rank sum's distance from its mean, in its own variance (Mann and Whitney). */
function rankGains(values: readonly DatedValue[]): number[] {
  const ranks = midranks(values.map(({ value }) => value));
  const count = ranks.length;
  let sum = 0;
  return ranks.map((rank, index) => {
    sum += rank;
    const before = index + 1;
    const variance = (before * (count - before) * (count + 1)) / 12;
    return variance === 0 ? 0 : (sum - (before * (count + 1)) / 2) ** 2 / variance;
  });
}

/** Counts and exposures of several runs together. */
export function total(tallies: readonly Tally[]): Tally {
  let [count, exposure] = [0, 0];
  for (const tally of tallies) {
    count += tally.count;
    exposure += tally.exposure;
  }
  return { count, exposure };
}
