// SPDX-License-Identifier: GPL-2.0-only
import type { ExitStatus } from './errors.ts';
import type { Exploration } from './exploration.ts';
import { OUTCOMES, type ExpectationResult, type VariantOutcome } from './outcome.ts';
import type { Evidence, RunRecord } from './trial.ts';

export { OUTCOMES, type ExpectationResult, type VariantOutcome };

/** Why a trial says nothing. What each one does to a variant's figures is in harness/verdict/figures.ts. */
export const INCONCLUSIVE_CAUSES = [
  'host-fault',
  'wrong-kernel',
  'boot-failed',
  'guest-lost',
  'workload-failed',
  'out-of-time',
  'no-end-marker',
  'no-exposure',
  'truncated',
  'damaged-splat',
] as const;
export type InconclusiveCause = (typeof INCONCLUSIVE_CAUSES)[number];

/** What the evidence of one trial supports, and no more. */
export type TrialVerdict =
  | { readonly kind: 'target'; readonly title: string }
  | { readonly kind: 'hang'; readonly where: string }
  | { readonly kind: 'other-bug'; readonly title: string }
  /** The workload ran its full time and nothing happened; whether that is enough is judged per variant. */
  | { readonly kind: 'clean' }
  | { readonly kind: 'inconclusive'; readonly cause: InconclusiveCause; readonly reason: string };

/** A trial and what was made of it. */
export interface JudgedTrial {
  readonly evidence: Evidence;
  readonly verdict: TrialVerdict;
}

/** A proportion with an exact (Clopper-Pearson) two-sided interval. */
export interface Rate {
  /** Trials that crashed in the expected way; a trial ends at its first. */
  readonly events: number;
  /** Exposed swapoffs; never fewer than events. */
  readonly exposure: number;
  readonly low: number;
  readonly high: number;
  /** Of the interval, e.g. 0.95. */
  readonly confidence: number;
}

/** One-sided exact comparison of a variant with the control: is its rate of crashes lower? */
export interface Comparison {
  readonly control: string;
  readonly controlRate: Rate;
  /** Trials that were lost in a way that could hide a crash: `p` counts each of them as one. */
  readonly suspect: number;
  /** Probability, were the rates equal, of as few events (suspects included) as the variant had or fewer. */
  readonly p: number;
  /** Exposed swapoffs at which `p` would fall below `alpha` with no further event; null where no exposure would do. */
  readonly needed: number | null;
  readonly alpha: number;
  readonly significant: boolean;
}

/** What a run says about one variant under one probe. */
export interface VariantVerdict {
  readonly variant: string;
  readonly probe: string;
  readonly outcome: VariantOutcome;
  /** One sentence: why this outcome. */
  readonly reason: string;
  readonly trials: Readonly<Record<VariantOutcome, number>>;
  /** Rate of `target` a exposed swapoff. */
  readonly rate: Rate;
  /** Null for the control itself and where the control is blind. */
  readonly comparison: Comparison | null;
  /** Titles of splats with their counts, targets first. */
  readonly signatures: readonly { readonly title: string; readonly count: number; readonly target: boolean }[];
  readonly expectation: ExpectationResult;
}

/** What a run says about one variant under one interleave probe. */
export interface MapVerdict {
  readonly variant: string;
  readonly probe: string;
  readonly outcome: VariantOutcome;
  /** One sentence: why this outcome. */
  readonly reason: string;
  /** Explored points by what they came to. */
  readonly points: Readonly<Record<VariantOutcome, number>>;
  readonly expectation: ExpectationResult;
}

/** The whole run. */
export interface RunVerdict {
  readonly status: ExitStatus;
  /** Sentences that say why `status` is not 0; empty when it is. */
  readonly reasons: readonly string[];
  /** Probes, of either kind, whose control did not crash: their absences mean nothing. */
  readonly blindProbes: readonly string[];
  readonly variants: readonly VariantVerdict[];
  readonly maps: readonly MapVerdict[];
}

/** A whole run: what was run, what it left and what was made of it. What a report is written from. */
export interface RunResult {
  readonly record: RunRecord;
  readonly trials: readonly JudgedTrial[];
  readonly explorations: readonly Exploration[];
  readonly verdict: RunVerdict;
}
