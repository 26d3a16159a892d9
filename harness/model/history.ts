// SPDX-License-Identifier: GPL-2.0-only
import type { VariantOutcome } from './outcome.ts';

/** What the history keeps of a run. */
export interface RunSummary {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** The plan's name. */
  readonly plan: string;
  readonly status: number;
  readonly variants: readonly VariantSummary[];
}

export interface VariantSummary {
  readonly probe: string;
  readonly variant: string;
  readonly outcome: VariantOutcome;
  /** Null where it did not build. */
  readonly kernelId: string | null;
  /** Trials; under an interleave probe explored points. */
  readonly trials: number;
  /** In the kind's unit: exposed runs of the contender, explored points. */
  readonly exposure: number;
  readonly signatures: readonly SignatureCount[];
  /** Figures other than the rate of its findings. */
  readonly figures: readonly FigureSummary[];
}

/** A figure of a variant that is compared from run to run. */
export interface FigureSummary {
  readonly name: string;
  readonly unit: string;
  /** To the run's own control; null where it has none. */
  readonly ratio: number | null;
  readonly absolute: number | null;
}

export interface SignatureCount {
  readonly title: string;
  /** Trials that showed it. */
  readonly count: number;
  /** True for the bug that the plan is after. */
  readonly target: boolean;
}

/** Several runs of the same plan, probe and variant, oldest first. */
export interface Series {
  readonly plan: string;
  readonly probe: string;
  readonly variant: string;
  readonly points: readonly SeriesPoint[];
  /** Targets first, then by title. */
  readonly signatures: readonly SignatureTrend[];
  readonly figures: readonly FigureTrend[];
}

export interface SeriesPoint extends VariantSummary {
  readonly run: string;
  readonly startedAt: string;
}

/** Trials that showed a signature, and the exposed runs among which they did. */
export interface Tally {
  readonly count: number;
  readonly exposure: number;
}

/**
 * - `new`: the last run showed it, none before did
 * - `known`: the last run showed it, as did others
 * - `gone`: it was shown before, and the runs since the last change point do not show it
 * - `absent`: it was shown before and not in the last run, which may be chance
 */
export type SignatureState = 'new' | 'known' | 'gone' | 'absent';

export interface SignatureTrend {
  readonly title: string;
  readonly target: boolean;
  readonly state: SignatureState;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly runsSeen: number;
  readonly total: Tally;
  /** Of the last run. */
  readonly last: Tally;
  /**
   * Of the runs since the last change point those whose rate is lower, and higher, than the last one's. Some night is
   * always the highest so far: it is no change. Null where there are few.
   */
  readonly rank: { readonly lower: number; readonly higher: number; readonly of: number } | null;
  readonly changePoints: readonly ChangePoint[];
}

/** A run from which on a rate is another. */
export interface ChangePoint {
  readonly run: string;
  readonly before: Tally;
  readonly after: Tally;
}

/**
 * How a figure went over the runs. `ratio` to the run's own control where every run with a figure has one; otherwise
 * `absolute`, which the host moves as well.
 */
export interface FigureTrend {
  readonly name: string;
  readonly unit: string;
  readonly basis: 'ratio' | 'absolute';
  /** Of the newest run that has the figure. */
  readonly last: number | null;
  /** Over all runs that have it. */
  readonly median: number | null;
  readonly changePoints: readonly LevelChange[];
}

/** A run from which on a figure is another; medians before and after. */
export interface LevelChange {
  readonly run: string;
  readonly before: number;
  readonly after: number;
}
