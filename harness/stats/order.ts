// SPDX-License-Identifier: GPL-2.0-only
/** A median of at least one value. */
export function median(values: readonly number[]): number {
  return quantileSorted(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/**
 * The quantile `q` of ascending values: the inverse of their empirical distribution, with the mean of both neighbours
 * where it jumps (Hyndman and Fan, 1996, definition 2).
 *
 * @throws RangeError without values.
 */
export function quantileSorted(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) throw new RangeError('no quantile of no values');
  const at = sorted.length * q;
  const upper = Math.min(Math.floor(at), sorted.length - 1);
  const lower = Math.max(Math.ceil(at) - 1, 0);
  return ((sorted[lower] as number) + (sorted[upper] as number)) / 2;
}

/** Ranks from 1; equal values share the mean of theirs. */
export function midranks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const ranks = new Map<number, number>();
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    const value = sorted[from] as number;
    while (to < sorted.length && sorted[to] === value) to++;
    ranks.set(value, (from + 1 + to) / 2);
  }
  return values.map((value) => ranks.get(value) as number);
}
