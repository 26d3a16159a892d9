// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { bootRate, type Boot, type BootRate } from '../../stats/boot-rate.ts';
import type { InconclusiveCause, JudgedTrial } from './trial.ts';

const count = z.number().int().nonnegative();

const rate: z.ZodType<BootRate> = z.strictObject({
  events: count,
  exposure: count,
  boots: count,
  low: z.number(),
  high: z.number(),
  confidence: z.number(),
});

/** What a verdict under stress says in figures. */
export const stressFigures = z
  .strictObject({
    /** Of trials that showed the bug among exposed runs of the contender; a trial ends at its first. */
    rate,
    /** Runs of the contender in the same trials that were overlapped at any time, if only before their end. */
    overlapped: count,
    /** Trials that were lost in a way that could hide a crash. */
    suspect: count,
    /**
     * Upper limit of the rate where no trial showed the bug, for all variants of the probe together (Bonferroni); null
     * where one did, for the control, and where the control is blind.
     */
    atMost: z.strictObject({ rate: z.number(), confidence: z.number(), wanted: z.number() }).readonly().nullable(),
  })
  .readonly();
export type StressFigures = z.infer<typeof stressFigures>;

/** Which way a doubt is turned: always against the claim that the variant is better than the control. */
export type Role = 'control' | 'variant';

/** What trials add up to, by boot. */
export interface Figures {
  /** Each with the exposed runs of the contender that it had; at least one per event. */
  readonly boots: readonly CountedBoot[];
  /** Trials that say nothing but may have crashed unseen. Always 0 for the control. */
  readonly suspect: number;
}

interface CountedBoot extends Boot {
  /** Runs that were overlapped at any time, as far as that was reported. */
  readonly overlapped: number;
}

/** Their rate, with an interval over boots. */
export function rateOf({ boots }: Figures): BootRate {
  return bootRate(boots);
}

/**
 * How an inconclusive trial counts.
 * - `void`: not at all; what happened is not about the kernel, or nothing was raced.
 * - `suspect`: a crash may have been missed. A workload that failed is one: a swap-in that fails kills its thread.
 */
const WEIGHT: Readonly<Record<InconclusiveCause, 'void' | 'suspect'>> = {
  'host-fault': 'void',
  'wrong-kernel': 'void',
  'boot-failed': 'void',
  'no-exposure': 'void',
  'workload-failed': 'suspect',
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
 * that may have crashed unseen is held against it: it must be made up for.
 */
export function figuresOf(trials: readonly JudgedTrial[], role: Role): Figures {
  const counted = trials.map((trial) => countTrial(trial, role));
  return {
    boots: counted.flatMap((each) => (each === 'suspect' || each.exposure === 0 ? [] : [each])),
    suspect: counted.filter((each) => each === 'suspect').length,
  };
}

const NOTHING: CountedBoot = { event: false, exposure: 0, overlapped: 0 };

function countTrial({ evidence, verdict }: JudgedTrial, role: Role): CountedBoot | 'suspect' {
  const { exposed = 0, overlapped = 0 } = evidence.exposure ?? {};
  const unreported = role === 'control' ? evidence.unreportedExposure : 0;
  const boot = { event: false, exposure: exposed + unreported, overlapped };
  switch (verdict.kind) {
    case 'target': {
      // The run that crashed was exposed, and is not among those that were judged unless the workload went on to its
      // end.
      const exposure = Math.max(1, exposed + Math.max(evidence.ended ? 0 : 1, unreported));
      return { ...boot, event: true, exposure };
    }
    case 'hang':
    case 'other-bug':
    case 'ok':
      return boot;
    case 'inconclusive':
      return countInconclusive(WEIGHT[verdict.cause], boot, role);
  }
}

function countInconclusive(weight: 'void' | 'suspect', boot: CountedBoot, role: Role): CountedBoot | 'suspect' {
  if (weight === 'void') return NOTHING;
  return role === 'control' ? boot : 'suspect';
}
