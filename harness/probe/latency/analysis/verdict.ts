// SPDX-License-Identifier: GPL-2.0-only
import type { Interval } from '../../../stats/interval.ts';
import { ENDPOINTS, PRIMARY } from '../boot/figures.ts';
import type { UnusableCause } from '../types.ts';
import type { EndpointComparison } from './compare.ts';

/** What the data say of one endpoint of two arms. */
export type LatencyVerdict =
  | { readonly kind: 'better'; readonly arm: string }
  /**
   * Differences of a typical boot larger than `ruledOut`, in the endpoint's unit and either way, do not go with the
   * data.
   */
  | { readonly kind: 'no-difference-shown'; readonly ruledOut: number }
  | { readonly kind: 'not-resolvable'; readonly reason: string };

/** Boots of which an arm is made to look better by their absence: what is late, hangs or crashes is what leaves. */
export const TELLING: readonly UnusableCause[] = ['hang', 'kernel-complained', 'out-of-time', 'too-few-cycles'];

/** Boots of an arm, and those of them that are missing for such a cause. */
export interface ArmBoots {
  readonly made: number;
  readonly telling: number;
}

export interface JudgeOptions {
  readonly arms: readonly [a: string, b: string];
  readonly boots: readonly [a: ArmBoots, b: ArmBoots];
  readonly comparison: EndpointComparison | null;
  /** p after Holm, among all that are judged together, and how many those are. */
  readonly adjustedP: number;
  readonly family: number;
  readonly alpha: number;
  /** The same endpoint of the same kernel under two names. */
  readonly nullPair: EndpointComparison | null;
  /**
   * The positive control against the same kernel without the stop, by the endpoint that has to show it; null when it
   * was not measured; `not-needed` for endpoints that no stop of the machine moves.
   */
  readonly positive: EndpointComparison | null | 'not-needed';
  /** Of exceedances over all boots, wild ones included; null where only one side, or none, has any. */
  readonly ratio: Interval | null;
  /** Exceedances of each arm in all. */
  readonly events: readonly [a: number, b: number];
}

/**
 * Judges one endpoint. A difference has to be significant, its interval has to exclude 0, it has to be larger than what
 * the same kernel shows against itself, and the arm that it favours must not owe it to boots that crashed, hung or were
 * too slow. Where the null pair differs, a machine that was stopped on purpose is not seen, or this many boots could
 * not have shown any difference, nothing can be said here.
 */
export function judgeEndpoint(options: JudgeOptions): LatencyVerdict {
  const { comparison, arms, adjustedP, alpha, family, boots } = options;
  if (comparison === null) return unresolvable('no boot has it');
  const few = tooFew(comparison, alpha / family);
  if (few !== null) return unresolvable(few);
  const blind = blindness(options);
  if (blind !== null) return unresolvable(blind);
  const { interval, estimate } = comparison.shift;
  if (interval === null) return unresolvable(`${comparison.boots.join(' and ')} boots are too few for an interval`);
  const lost = boots.findIndex(({ telling }) => telling > 0);
  if (adjustedP >= alpha || holds(interval, 0)) {
    if (lost !== -1) return unresolvable(lossText(arms, boots, lost));
    const contrary = contradiction(options);
    if (contrary !== null) return unresolvable(contrary);
    const widest = Math.max(Math.abs(interval.low), Math.abs(interval.high));
    return { kind: 'no-difference-shown', ruledOut: Math.max(widest, comparison.resolution) };
  }
  const nullShift = options.nullPair?.shift.estimate ?? 0;
  if (Math.abs(nullShift) >= Math.abs(estimate)) return unresolvable('the same kernel under two names differs as much');
  const smaller = estimate > 0 ? 0 : 1;
  const better = ENDPOINTS[comparison.endpoint].better === 'less' ? smaller : 1 - smaller;
  if ((boots[better]?.telling ?? 0) > 0) return unresolvable(lossText(arms, boots, better));
  return { kind: 'better', arm: arms[better] as string };
}

/** Whether a comparison shows a difference at all. */
export function differs({ p, shift: { interval } }: EndpointComparison, alpha: number): boolean {
  return interval !== null && p < alpha && !holds(interval, 0);
}

/** The positive control counts as found when it has more exceedances than the same kernel without the stop. */
export function isFound(positive: EndpointComparison, alpha: number): boolean {
  return differs(positive, alpha) && positive.shift.estimate > 0;
}

function tooFew({ boots, leastP }: EndpointComparison, alpha: number): string | null {
  return leastP < alpha ? null : `${boots.join(' and ')} boots are too few for any difference`;
}

function blindness({ nullPair, positive, alpha }: JudgeOptions): string | null {
  if (nullPair === null) return 'the null pair was not measured';
  const few = tooFew(nullPair, alpha);
  if (few !== null) return `the null pair’s ${few}`;
  if (differs(nullPair, alpha)) return 'the same kernel under two names differs: the host is too noisy';
  if (positive === null) return 'the positive control was not measured';
  if (positive !== 'not-needed' && !isFound(positive, alpha))
    return 'the positive control, a machine stopped on purpose, was not found';
  return null;
}

/** What all boots together say against a typical one that shows no difference. */
function contradiction({ comparison, ratio, events: [a, b], arms }: JudgeOptions): string | null {
  if (comparison?.endpoint !== PRIMARY) return null;
  if (ratio !== null && !holds(ratio, 1))
    return `a typical boot shows none, but all together do: ${ratio.low.toPrecision(3)} to ${ratio.high.toPrecision(3)} times`;
  if ((a === 0) === (b === 0)) return null;
  return `a typical boot shows none, but only ${a === 0 ? arms[1] : arms[0]} has any`;
}

function lossText(arms: JudgeOptions['arms'], boots: JudgeOptions['boots'], at: number): string {
  const { made, telling } = boots[at] as ArmBoots;
  return `${telling} of ${made} boots of ${arms[at]} crashed, hung or were too slow: the others do not speak for it`;
}

function holds({ low, high }: Pick<Interval, 'low' | 'high'>, value: number): boolean {
  return low <= value && value <= high;
}

function unresolvable(reason: string): LatencyVerdict {
  return { kind: 'not-resolvable', reason };
}
