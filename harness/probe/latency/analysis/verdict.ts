// SPDX-License-Identifier: GPL-2.0-only
import { ENDPOINTS } from '../boot/figures.ts';
import type { EndpointComparison } from './compare.ts';

/** What the data say of one endpoint of two arms. */
export type LatencyVerdict =
  | { readonly kind: 'better'; readonly arm: string }
  /** Differences larger than `ruledOut`, in the endpoint's unit and either way, do not go with the data. */
  | { readonly kind: 'no-difference-shown'; readonly ruledOut: number }
  | { readonly kind: 'not-resolvable'; readonly reason: string };

export interface JudgeOptions {
  readonly arms: readonly [a: string, b: string];
  readonly comparison: EndpointComparison | null;
  /** p after Holm, among all that are judged together. */
  readonly adjustedP: number;
  readonly alpha: number;
  /** The same endpoint of the same kernel under two names. */
  readonly nullPair: EndpointComparison | null;
  /**
   * The positive control against the control without contender, by the endpoint that has to show it; null when it was not
   * measured; `not-needed` for endpoints that no stop of the machine moves.
   */
  readonly positive: EndpointComparison | null | 'not-needed';
}

/**
 * Judges one endpoint. A difference has to be significant, its interval has to exclude 0, and it has to be larger than
 * what the same kernel shows against itself. Where the null pair differs, or a machine that was stopped on purpose is
 * not seen, nothing can be told here.
 */
export function judgeEndpoint(options: JudgeOptions): LatencyVerdict {
  const { comparison, arms, adjustedP, alpha } = options;
  if (comparison === null) return unresolvable('no boot tells it');
  const blind = blindness(options);
  if (blind !== null) return unresolvable(blind);
  const { interval, estimate } = comparison.shift;
  if (interval === null || comparison.leastP >= alpha) {
    return unresolvable(`${comparison.boots.join(' and ')} boots are too few for a difference at ${alpha}`);
  }
  if (adjustedP >= alpha || holds(interval, 0)) {
    return { kind: 'no-difference-shown', ruledOut: Math.max(Math.abs(interval.low), Math.abs(interval.high)) };
  }
  const nullShift = options.nullPair?.shift.estimate ?? 0;
  if (Math.abs(nullShift) >= Math.abs(estimate)) return unresolvable('the same kernel under two names differs as much');
  const smaller = estimate > 0 ? arms[0] : arms[1];
  const larger = estimate > 0 ? arms[1] : arms[0];
  return { kind: 'better', arm: ENDPOINTS[comparison.endpoint].better === 'less' ? smaller : larger };
}

/** Whether a comparison shows a difference at all. */
export function differs({ p, shift: { interval } }: EndpointComparison, alpha: number): boolean {
  return interval !== null && p < alpha && !holds(interval, 0);
}

/** The positive control counts as found when it has more exceedances than the control without contender. */
export function isFound(positive: EndpointComparison, alpha: number): boolean {
  return differs(positive, alpha) && positive.shift.estimate > 0;
}

function blindness({ nullPair, positive, alpha }: JudgeOptions): string | null {
  if (nullPair === null) return 'the null pair was not measured';
  if (differs(nullPair, alpha)) return 'the same kernel under two names differs: the host is too noisy';
  if (positive === null) return 'the positive control was not measured';
  if (positive !== 'not-needed' && !isFound(positive, alpha))
    return 'the positive control, a machine stopped on purpose, was not found';
  return null;
}

function holds({ low, high }: { readonly low: number; readonly high: number }, value: number): boolean {
  return low <= value && value <= high;
}

function unresolvable(reason: string): LatencyVerdict {
  return { kind: 'not-resolvable', reason };
}
