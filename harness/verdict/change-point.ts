import type { ChangePoint, Tally } from '../model/history.ts';

export interface DatedTally extends Tally {
  readonly run: string;
}

/** Fewer runs than this on either side make no level. */
const FEWEST = 3;
/** Older runs than these are not looked at. */
const MOST_RUNS = 200;
/** Orders of the runs that are tried at most, and how often chance has to do as well before the search ends early. */
const SHUFFLES = 999;
const ENOUGH_BY_CHANCE = 20;

/**
 * Runs from which on a rate is another, oldest first: the split of the runs into two levels that explains them best, when
 * a shuffled order of the same runs explains as much with a probability below `alpha`; then the same on both sides.
 * Shuffling whole runs keeps what differs between runs for other reasons (a busy host), which a test that takes all
 * swapoffs for independent would report as changes. The shuffles are the same every time.
 */
export function changePoints(tallies: readonly DatedTally[], alpha: number): ChangePoint[] {
  const raced = tallies.slice(-MOST_RUNS).filter(({ exposure }) => exposure > 0);
  const split = bestSplit(raced);
  if (split === null || split.gain <= 0) return [];
  const p = chance(raced, split.gain, alpha);
  if (p >= alpha) return [];
  const [before, after] = [raced.slice(0, split.at), raced.slice(split.at)];
  const point: ChangePoint = { run: after[0]?.run ?? '', before: total(before), after: total(after), p };
  return [...changePoints(before, alpha), point, ...changePoints(after, alpha)];
}

/** Where two levels explain most, and how much more they explain than one: a log-likelihood ratio. */
function bestSplit(tallies: readonly Tally[]): { readonly at: number; readonly gain: number } | null {
  const all = total(tallies);
  const one = likelihood(all.count, all.exposure);
  let count = 0;
  let exposure = 0;
  let best: { at: number; gain: number } | null = null;
  for (let at = 1; at <= tallies.length - FEWEST; at++) {
    count += tallies[at - 1]?.count ?? 0;
    exposure += tallies[at - 1]?.exposure ?? 0;
    if (at < FEWEST) continue;
    const gain = likelihood(count, exposure) + likelihood(all.count - count, all.exposure - exposure) - one;
    if (best === null || gain > best.gain) best = { at, gain };
  }
  return best;
}

/** Log-likelihood of a binomial at its own rate. */
function likelihood(count: number, exposure: number): number {
  if (count === 0 || count === exposure) return 0;
  return count * Math.log(count / exposure) + (exposure - count) * Math.log(1 - count / exposure);
}

/** How often a shuffled order does as well: p of a permutation test, ended early where it is plainly no small one. */
function chance(tallies: readonly Tally[], gain: number, alpha: number): number {
  const random = xorshift(tallies.length);
  const order = [...tallies];
  let asGood = 0;
  for (let shuffles = 1; shuffles <= SHUFFLES; shuffles++) {
    shuffle(order, random);
    if ((bestSplit(order)?.gain ?? 0) >= gain - 1e-9) asGood++;
    if (asGood >= ENOUGH_BY_CHANCE && asGood / shuffles > alpha) return asGood / shuffles;
  }
  return (asGood + 1) / (SHUFFLES + 1);
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = items[last] as T;
    items[last] = items[other] as T;
    items[other] = kept;
  }
}

/** Numbers in [0, 1), the same for the same seed (Marsaglia's xorshift, 32 bits): a history always says the same. */
function xorshift(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
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
