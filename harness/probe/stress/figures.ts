// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { Rate } from '../../stats/exact.ts';
import type { InconclusiveCause, JudgedTrial } from './trial.ts';

const count = z.number().int().nonnegative();

const rate: z.ZodType<Rate> = z.strictObject({
  events: count,
  exposure: count,
  low: z.number(),
  high: z.number(),
  confidence: z.number(),
});

/** One-sided exact comparison of a variant with the control: is its rate of crashes lower? */
const comparison = z
  .strictObject({
    control: z.string(),
    controlRate: rate,
    /** Trials that were lost in a way that could hide a crash: `p` counts each of them as one. */
    suspect: count,
    /** Probability, were the rates equal, of as few events (suspects included) as the variant had or fewer. */
    p: z.number(),
    /** Exposure at which `p` would fall below `alpha` with no further event; null where no exposure would do. */
    needed: z.number().nullable(),
    alpha: z.number(),
    significant: z.boolean(),
  })
  .readonly();
export type Comparison = z.infer<typeof comparison>;

/** What a verdict under stress says in figures. */
export const stressFigures = z
  .strictObject({
    /** Of trials that showed the bug among exposed runs of the contender; a trial ends at its first. */
    rate,
    /** Null for the control itself and where the control is blind. */
    comparison: comparison.nullable(),
  })
  .readonly();
export type StressFigures = z.infer<typeof stressFigures>;

/** Which way a doubt is turned: always against the claim that the variant is better than the control. */
export type Role = 'control' | 'variant';

/** What trials add up to. */
export interface Figures {
  /** Trials that crashed in the expected way. */
  readonly events: number;
  /** Trials that say nothing but may have crashed unseen. Always 0 for the control. */
  readonly suspect: number;
  /** Exposed runs of the contender; at least one per event. */
  readonly exposure: number;
}

/**
 * How an inconclusive trial counts.
 * - `void`: not at all; what happened is not about the kernel, or nothing was raced.
 * - `raced`: the kernel raced and nothing can have been missed; what came of it is incomplete.
 * - `suspect`: a crash may have been missed.
 */
const WEIGHT: Readonly<Record<InconclusiveCause, 'void' | 'raced' | 'suspect'>> = {
  'host-fault': 'void',
  'wrong-kernel': 'void',
  'boot-failed': 'void',
  'no-exposure': 'void',
  'workload-failed': 'raced',
  'guest-lost': 'suspect',
  'out-of-time': 'suspect',
  'no-end-marker': 'suspect',
  truncated: 'suspect',
  'damaged-splat': 'suspect',
};

/**
 * Sums up trials, a crashed trial being one event.
 *
 * Doubt lowers the control's rate and raises the variant's: the control is charged with the exposure that may have
 * followed its last counters and with that of inconclusive trials; the variant is credited with neither, and a trial
 * that may have crashed unseen is held against it.
 */
export function figuresOf(trials: readonly JudgedTrial[], role: Role): Figures {
  const counted = trials.map((trial) => countTrial(trial, role));
  const sum = (pick: (figures: Figures) => number) => counted.reduce((total, figures) => total + pick(figures), 0);
  return {
    events: sum((figures) => figures.events),
    suspect: sum((figures) => figures.suspect),
    exposure: sum((figures) => figures.exposure),
  };
}

function countTrial({ evidence, verdict }: JudgedTrial, role: Role): Figures {
  const reported = evidence.exposure?.exposedSwapoffs ?? 0;
  const exposure = role === 'control' ? reported + evidence.unreportedExposure : reported;
  switch (verdict.kind) {
    case 'target':
      // The run that crashed was exposed, even when its counters never arrived.
      return { events: 1, suspect: 0, exposure: Math.max(1, exposure) };
    case 'hang':
    case 'other-bug':
    case 'clean':
      return { events: 0, suspect: 0, exposure };
    case 'inconclusive':
      return countInconclusive(WEIGHT[verdict.cause], exposure, role);
  }
}

function countInconclusive(weight: 'void' | 'raced' | 'suspect', exposure: number, role: Role): Figures {
  if (weight === 'void') return { events: 0, suspect: 0, exposure: 0 };
  if (role === 'control') return { events: 0, suspect: 0, exposure };
  return { events: 0, suspect: weight === 'suspect' ? 1 : 0, exposure: 0 };
}
