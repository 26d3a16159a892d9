// SPDX-License-Identifier: GPL-2.0-only
import type { Accelerator } from './guest.ts';
import type { LevelChange } from './history.ts';

/** What the history keeps of a latency run. */
export interface LatencyRunSummary {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** The plan's name. */
  readonly plan: string;
  /** `none`: no guest, the machine itself was measured. */
  readonly accelerator: Accelerator | 'none';
  /** The rule for exceedances in short: `p90`, `1500 us`. */
  readonly threshold: string;
  /** The arms of variants, in the plan's order; controls are in their figures. */
  readonly arms: readonly LatencyArmSummary[];
}

export interface LatencyArmSummary {
  readonly arm: string;
  /** Null where it did not build. */
  readonly kernelId: string | null;
  /** Boots whose figures are used. */
  readonly boots: number;
  /** The run's first variant, which this arm's swapoff is beside; null for the first variant itself. */
  readonly against: string | null;
  /** Exceedances a swapoff, beside those of the control without swapoff. */
  readonly exceedances: LatencyFigure | null;
  /** Mean duration of swapoff, microseconds, beside that of `against`. */
  readonly swapoffUs: LatencyFigure | null;
}

/** The median over an arm's boots, as the run's analysis has it. */
export interface LatencyFigure {
  readonly value: number;
  /** The same of what it is measured against in the same run; null where the run has none. */
  readonly control: number | null;
}

/**
 * Runs of the same plan under the same accelerator with the same rule for exceedances, oldest first, by the arm of a
 * variant.
 */
export interface LatencySeries {
  readonly plan: string;
  readonly accelerator: LatencyRunSummary['accelerator'];
  readonly threshold: string;
  readonly arm: string;
  readonly against: string | null;
  readonly points: readonly LatencyPoint[];
  readonly exceedances: LatencyTrend;
  readonly swapoffUs: LatencyTrend;
}

export interface LatencyPoint extends LatencyArmSummary {
  readonly run: string;
  readonly startedAt: string;
}

/**
 * How a figure went over the runs. `ratio` to the run's own control where every run with a figure has a control above
 * zero; otherwise `absolute`, which the host moves as well.
 */
export interface LatencyTrend {
  readonly basis: 'ratio' | 'absolute';
  /** Of the newest run that has the figure. */
  readonly last: number | null;
  /** Over all runs that have it. */
  readonly median: number | null;
  readonly changePoints: readonly LevelChange[];
}
