// SPDX-License-Identifier: GPL-2.0-only
import { BOOT_CV } from './at-most.ts';

/** Of every interval that is reported. */
export const CONFIDENCE = 0.95;

/** One boot: whether it ended with the event, and the exposures that it had, that of the event included. */
export interface Boot {
  readonly event: boolean;
  readonly exposure: number;
}

/** A rate per exposure with an interval over boots. */
export interface BootRate {
  readonly events: number;
  readonly exposure: number;
  readonly boots: number;
  readonly low: number;
  readonly high: number;
  /** Of the interval, e.g. 0.95. */
  readonly confidence: number;
}

/**
 * How far a log-likelihood may be below its peak: half of the 95 % quantile of chi-square with one degree of freedom,
 * and more of it for few boots, for which that is too little (by simulation).
 */
const DROP = 1.9207;
const FEW_BOOTS = 1;
/** Coefficients of variation between boots for which the interval is to hold. */
const SPREADS = [0, 0.5, 1, BOOT_CV];
const STEPS = 80;

/**
 * Events among exposures with a two-sided interval over boots: boots are the replicates, each with a rate of its own
 * (gamma-distributed, as in `atMost`). It is the union of the likelihood-ratio intervals for coefficients of variation
 * from 0 to 2, so it does not depend on knowing which it is; it is not exact, and test/stats/boot-rate.test.ts says how
 * often it holds.
 */
export function bootRate(boots: readonly Boot[], confidence = CONFIDENCE): BootRate {
  const counted = boots.filter(({ exposure }) => exposure > 0);
  const events = counted.filter(({ event }) => event).length;
  const exposure = counted.reduce((sum, boot) => sum + boot.exposure, 0);
  const common = { events, exposure, boots: counted.length, confidence };
  if (exposure === 0) return { ...common, low: 0, high: 1 };
  const intervals = SPREADS.map((cv) => intervalOf(counted, events, cv));
  const low = Math.min(...intervals.map((interval) => interval.low));
  const high = Math.max(...intervals.map((interval) => interval.high));
  return { ...common, low, high: Math.min(1, high) };
}

function intervalOf(
  boots: readonly Boot[],
  events: number,
  cv: number,
): { readonly low: number; readonly high: number } {
  const at = (logRate: number): number => logLikelihood(boots, Math.exp(logRate), cv);
  // Below any rate that one event in all exposures could mean, and above certainty.
  const least = Math.log(1e-12);
  const most = Math.log(1e6);
  const peak = events === 0 ? least : root((logRate) => slope(boots, Math.exp(logRate), cv), least, most);
  const level = (events === 0 ? 0 : at(peak)) - DROP * (1 + FEW_BOOTS / boots.length);
  const high = Math.exp(root((logRate) => at(logRate) - level, peak, most));
  return { low: events === 0 ? 0 : Math.exp(root((logRate) => level - at(logRate), least, peak)), high };
}

function logLikelihood(boots: readonly Boot[], rate: number, cv: number): number {
  return boots.reduce((sum, { event, exposure }) => {
    const happened = event ? Math.log(rate) : 0;
    if (cv === 0) return sum + happened - rate * exposure;
    const shape = 1 / (cv * cv);
    return sum + happened - (shape + (event ? 1 : 0)) * Math.log1p((rate * exposure) / shape);
  }, 0);
}

/** Derivative of the log-likelihood by the logarithm of the rate; it falls. */
function slope(boots: readonly Boot[], rate: number, cv: number): number {
  return boots.reduce((sum, { event, exposure }) => {
    const happened = event ? 1 : 0;
    if (cv === 0) return sum + happened - rate * exposure;
    const scaled = rate * exposure * cv * cv;
    return sum + happened - ((1 / (cv * cv) + happened) * scaled) / (1 + scaled);
  }, 0);
}

/** Where a falling function is 0, by bisection. */
function root(falling: (x: number) => number, low: number, high: number): number {
  let [from, to] = [low, high];
  for (let step = 0; step < STEPS; step++) {
    const middle = (from + to) / 2;
    if (falling(middle) > 0) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
