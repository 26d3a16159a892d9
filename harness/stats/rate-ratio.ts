// SPDX-License-Identifier: GPL-2.0-only
import jStat from 'jstat';
import type { Interval } from './interval.ts';

/** Events and exposure of one boot, the unit that is independent. */
export interface BootCount {
  readonly events: number;
  readonly exposure: number;
}

/** Rate of `y` over rate of `x`; the rates are all events over all exposure. */
export interface RateRatio {
  readonly estimate: number;
  readonly interval: Interval;
}

/**
 * The ratio of two rates with an interval that knows that events of one boot come together: the variance of each log
 * rate is that between boots (linearised), the degrees of freedom are Welch's.
 *
 * @returns null when a side has fewer than two boots or no event: a ratio then has no end on one side.
 */
export function rateRatio(x: readonly BootCount[], y: readonly BootCount[], confidence = 0.95): RateRatio | null {
  const [a, b] = [logRate(x), logRate(y)];
  if (a === null || b === null) return null;
  const log = b.log - a.log;
  const variance = a.variance + b.variance;
  if (variance === 0)
    return { estimate: Math.exp(log), interval: { low: Math.exp(log), high: Math.exp(log), confidence } };
  const freedom = variance ** 2 / (a.variance ** 2 / (x.length - 1) + b.variance ** 2 / (y.length - 1));
  const half = jStat.studentt.inv(1 - (1 - confidence) / 2, freedom) * Math.sqrt(variance);
  return { estimate: Math.exp(log), interval: { low: Math.exp(log - half), high: Math.exp(log + half), confidence } };
}

function logRate(boots: readonly BootCount[]): { readonly log: number; readonly variance: number } | null {
  const events = boots.reduce((sum, boot) => sum + boot.events, 0);
  const exposure = boots.reduce((sum, boot) => sum + boot.exposure, 0);
  if (boots.length < 2 || events === 0) return null;
  const rate = events / exposure;
  const squares = boots.reduce((sum, boot) => sum + (boot.events - rate * boot.exposure) ** 2, 0);
  // Cochran's ratio estimator: n/(n-1) times the squared residuals, over the squared total.
  return { log: Math.log(rate), variance: ((boots.length / (boots.length - 1)) * squares) / events ** 2 };
}
