// SPDX-License-Identifier: GPL-2.0-only
/** How long a trial raced, and whether the expected crash ended it. */
export interface Spell {
  /** Guest seconds since the workload's start, as of the last counters that arrived. */
  readonly seconds: number;
  /** False: it ended otherwise (its time was up, it hung, it was lost), and what would have come is not known. */
  readonly crashed: boolean;
}

/** From `seconds` on, until the next step, this share of trials is still without a crash. */
export interface SurvivalStep {
  readonly seconds: number;
  readonly share: number;
  /** Of the share, 95 %. */
  readonly low: number;
  readonly high: number;
  /** Trials that were under way just before. */
  readonly atRisk: number;
}

export interface SurvivalCurve {
  /** The first is at 0 with a share of 1. */
  readonly steps: readonly SurvivalStep[];
  /** Spells that ended otherwise, in order. */
  readonly censored: readonly number[];
  /** Longest spell. */
  readonly end: number;
  readonly crashes: number;
  readonly trials: number;
  /** Seconds after which half of the trials had crashed; null where fewer did. */
  readonly median: number | null;
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959963984540054;

/**
 * Kaplan and Meier's estimate of the time to the first crash. The interval is Greenwood's on the log(-log) scale; once
 * every trial has crashed the variance is not defined, and the interval reaches from 0 to where it last was.
 */
export function survivalCurve(spells: readonly Spell[]): SurvivalCurve {
  const times = [...new Set(spells.filter(({ crashed }) => crashed).map(({ seconds }) => seconds))].sort(
    (a, b) => a - b,
  );
  const steps: SurvivalStep[] = [{ seconds: 0, share: 1, low: 1, high: 1, atRisk: spells.length }];
  let share = 1;
  let variance = 0;
  for (const seconds of times) {
    // A spell that ends otherwise at the same moment was still under way when the crash came.
    const atRisk = spells.filter((spell) => spell.seconds >= seconds).length;
    const crashes = spells.filter((spell) => spell.crashed && spell.seconds === seconds).length;
    share *= 1 - crashes / atRisk;
    variance += crashes / (atRisk * (atRisk - crashes));
    steps.push({ seconds, share, ...interval(share, variance, steps.at(-1)?.high ?? 1), atRisk });
  }
  return {
    steps,
    censored: spells
      .filter(({ crashed }) => !crashed)
      .map(({ seconds }) => seconds)
      .sort((a, b) => a - b),
    end: Math.max(0, ...spells.map(({ seconds }) => seconds)),
    crashes: spells.filter(({ crashed }) => crashed).length,
    trials: spells.length,
    median: steps.find((step) => step.share <= 0.5)?.seconds ?? null,
  };
}

function interval(share: number, variance: number, lastHigh: number): { readonly low: number; readonly high: number } {
  if (share <= 0) return { low: 0, high: lastHigh };
  const spread = Math.exp((Z * Math.sqrt(variance)) / Math.abs(Math.log(share)));
  return { low: share ** spread, high: share ** (1 / spread) };
}
