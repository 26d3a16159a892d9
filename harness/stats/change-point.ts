// SPDX-License-Identifier: GPL-2.0-only
import type { ChangePoint, LevelChange, Tally } from '../model/history.ts';
import { levelsOf } from './levels.ts';
import { median } from './order.ts';

export interface DatedTally extends Tally {
  readonly run: string;
}

export interface DatedValue {
  readonly run: string;
  readonly value: number;
}

/** Runs from which on a rate is another, oldest first. A run is one rate, however often it raced: it is one sitting. */
export function changePoints(tallies: readonly DatedTally[]): ChangePoint[] {
  const raced = tallies.filter(({ exposure }) => exposure > 0);
  return changesOf(raced, ({ count, exposure }) => count / exposure, total);
}

/** Runs from which on a figure is another, oldest first. */
export function levelChanges(values: readonly DatedValue[]): LevelChange[] {
  return changesOf(
    values,
    ({ value }) => value,
    (level) => median(level.map(({ value }) => value)),
  );
}

/** Where levels meet, with a sum of each. */
function changesOf<T extends { readonly run: string }, Sum>(
  runs: readonly T[],
  valueOf: (run: T) => number,
  sumOf: (level: readonly T[]) => Sum,
): { readonly run: string; readonly before: Sum; readonly after: Sum }[] {
  const levels = levelsOf(runs, valueOf);
  return levels.slice(1).map((after, at) => ({
    run: after[0]?.run ?? '',
    before: sumOf(levels[at] ?? []),
    after: sumOf(after),
  }));
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
