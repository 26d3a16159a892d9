// SPDX-License-Identifier: GPL-2.0-only
import { midranks } from './order.ts';

/** Fewer runs than this on either side make no level. */
const FEWEST = 3;

/** Older runs of a level are not looked at. */
const MOST = 200;

/**
 * What two levels must explain. Asked after each of 100 nights of a rate that stays as it is, one series in twenty at
 * most exceeds it, whatever the rates' distribution: it is about ranks. Found by simulation (`history.night.ts`), for
 * nights that are independent and for nights that are like the one before, up to an autocorrelation of 0.6.
 */
const ENOUGH = 18;

/**
 * Cuts runs into levels, oldest first, as somebody finds them who asks after every run: once two levels explain the
 * ranks of the runs since the last cut well enough, there is another cut. What was found once therefore stays.
 */
export function levelsOf<T>(runs: readonly T[], valueOf: (run: T) => number): T[][] {
  const values = runs.map(valueOf);
  const starts = [0];
  for (let end = 1; end <= runs.length; end++) {
    const from = Math.max(starts.at(-1) as number, end - MOST);
    const at = changeIn(values.slice(from, end));
    if (at !== null) starts.push(from + at);
  }
  return starts.map((start, level) => runs.slice(start, starts[level + 1]));
}

/** Index of the first value of another level; null where there is none. */
export function changeIn(values: readonly number[]): number | null {
  const sums = new Sums(midranks(values));
  let best: { readonly at: number; readonly gain: number } | null = null;
  for (let at = FEWEST; at <= values.length - FEWEST; at++) {
    const gain = sums.gain(at);
    if (gain >= (best?.gain ?? ENOUGH)) best = { at, gain };
  }
  return best?.at ?? null;
}

/** Sums over the first values, of all that a split needs. */
class Sums {
  readonly #sum = [0];
  readonly #squares = [0];
  /** Products of each value and the one before. */
  readonly #lagged = [0];

  constructor(ranks: readonly number[]) {
    const middle = (ranks.length + 1) / 2;
    let before = 0;
    ranks.forEach((rank, at) => {
      const value = rank - middle;
      this.#sum.push(this.#of(this.#sum, at) + value);
      this.#squares.push(this.#of(this.#squares, at) + value * value);
      this.#lagged.push(this.#of(this.#lagged, at) + value * before);
      before = value;
    });
  }

  /**
   * The square of the difference of both sides' mean ranks in its own variance, had they one level (Mann and Whitney,
   * without what ties take off: one event after many nights without is no level). A mean of runs that are like their
   * neighbours varies as one of fewer runs.
   */
  gain(at: number): number {
    const count = this.#sum.length - 1;
    const rest = count - at;
    const [left, right] = [this.#of(this.#sum, at) / at, (this.#of(this.#sum, count) - this.#of(this.#sum, at)) / rest];
    const variance = ((count * (count + 1)) / 12) * (1 / at + 1 / rest);
    const likeness = this.#likeness(at, left, right);
    return (((right - left) ** 2 / variance) * (1 - likeness)) / (1 + likeness);
  }

  /** Autocorrelation of neighbours about the means of both sides; upwards of what few runs make of it too low. */
  #likeness(at: number, left: number, right: number): number {
    const count = this.#sum.length - 1;
    const squares = this.#of(this.#squares, count) - at * left ** 2 - (count - at) * right ** 2;
    // Sums of equal ranks differ by rounding only.
    const isNone = squares <= 1e-9 * this.#of(this.#squares, count);
    const found = isNone ? 0 : (this.#products(0, at, left) + this.#products(at, count, right)) / squares;
    return Math.min(0.95, Math.max(0, found + (4 + 8 * found) / count));
  }

  /** Products of neighbours from one index to before another, about their mean. */
  #products(from: number, to: number, mean: number): number {
    const pairs = to - from - 1;
    const lagged = this.#of(this.#lagged, to) - this.#of(this.#lagged, from + 1);
    const earlier = this.#of(this.#sum, to - 1) - this.#of(this.#sum, from);
    const later = this.#of(this.#sum, to) - this.#of(this.#sum, from + 1);
    return lagged - mean * (earlier + later) + pairs * mean ** 2;
  }

  #of(sums: readonly number[], count: number): number {
    return sums[count] ?? 0;
  }
}
