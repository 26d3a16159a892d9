import { seededRandom, shuffled } from './random.ts';

/** Up to so many ways to deal the figures to the two sides are counted out; 8 against 8 has 12 870. */
const MOST_ARRANGEMENTS = 13_000;
const RESAMPLES = 9_999;
/** Sums of ranks are halves; anything smaller is arithmetic. */
const TOLERANCE = 1e-9;

export interface PermutationResult {
  /** Two-sided. */
  readonly p: number;
  readonly exact: boolean;
  /** The smallest p that samples of these sizes can give at all. */
  readonly least: number;
}

/**
 * How often figures that are dealt to the two sides at random would have ranks as far to one side as these have, times
 * two; on midranks, so that ties and single wild figures do no harm. Counted out where there are few arrangements,
 * drawn from `seed` else.
 */
export function permutationTest(x: readonly number[], y: readonly number[], seed: number): PermutationResult {
  const ranks = midranks([...x, ...y]);
  const size = x.length;
  const observed = sumOfFirst(ranks, size);
  const arrangements = choose(ranks.length, size);
  const exact = arrangements <= MOST_ARRANGEMENTS;
  // What was drawn is one of the arrangements, too: p is never 0.
  const drawn = exact ? subsetSums(ranks, size) : randomSums(ranks, size, seed);
  let [atMost, atLeast] = exact ? [0, 0] : [1, 1];
  for (const sum of drawn) {
    if (sum <= observed + TOLERANCE) atMost++;
    if (sum >= observed - TOLERANCE) atLeast++;
  }
  const of = exact ? arrangements : RESAMPLES + 1;
  return { p: Math.min(1, (2 * Math.min(atMost, atLeast)) / of), exact, least: Math.min(1, 2 / of) };
}

/** Ranks from 1; figures that are equal share the mean of theirs. */
export function midranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const rankOf = new Map<number, number>();
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (sorted[to] === sorted[from]) to++;
    rankOf.set(sorted[from] as number, (from + 1 + to) / 2);
    from = to;
  }
  return values.map((value) => rankOf.get(value) as number);
}

function sumOfFirst(ranks: readonly number[], size: number): number {
  let sum = 0;
  for (let at = 0; at < size; at++) sum += ranks[at] as number;
  return sum;
}

function* randomSums(ranks: readonly number[], size: number, seed: number): Generator<number> {
  const random = seededRandom(seed);
  for (let draw = 0; draw < RESAMPLES; draw++) yield sumOfFirst(shuffled(ranks, random), size);
}

/** The sum of every choice of `size` of the values. */
function* subsetSums(values: readonly number[], size: number, from = 0): Generator<number> {
  if (size === 0) {
    yield 0;
    return;
  }
  for (let at = from; at <= values.length - size; at++) {
    for (const rest of subsetSums(values, size - 1, at + 1)) yield (values[at] as number) + rest;
  }
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return Math.round(result);
}
