// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { SplatType } from './splat.ts';

/**
 * What one step showed, worst first.
 *
 * - `target`: the expected bug, by the target's signature
 * - `hang`: no progress past a deadline while guest and host go on
 * - `other-bug`: another splat, or wrong contents
 * - `ok`: none of these
 * - `inconclusive`: with its reason
 */
export const STEP_OUTCOMES = ['target', 'hang', 'other-bug', 'ok', 'inconclusive'] as const;
export type StepOutcome = (typeof STEP_OUTCOMES)[number];

/**
 * What a variant showed. The first three are findings, by its worst step. An absence is one of the others:
 *
 * - `inconclusive`: with what is missing
 * - `closed`: nothing at any point that was explored, by a probe that was shown able to notice a broken fix
 * - `not-reproduced`: no more than that, with an upper limit of its rate
 * - `measured`: figures were taken, and they mean something; nothing was looked for
 *
 * In this order one stands for a variant that several probes were made of: what was seen, then what is missing, then
 * the strongest claim.
 */
export const OUTCOMES = [
  'target',
  'hang',
  'other-bug',
  'inconclusive',
  'closed',
  'not-reproduced',
  'measured',
] as const;
export type VariantOutcome = (typeof OUTCOMES)[number];

/** How many steps, or points, came to what. */
export type StepCounts = Readonly<Record<StepOutcome, number>>;

export function countSteps(outcomes: Iterable<StepOutcome>): StepCounts {
  const counts = Object.fromEntries(STEP_OUTCOMES.map((outcome) => [outcome, 0])) as Record<StepOutcome, number>;
  for (const outcome of outcomes) counts[outcome]++;
  return counts;
}

/** Outcomes that say that something was seen: those that a step and a variant have in common. */
export const FINDINGS = ['target', 'hang', 'other-bug'] as const;

export function isFinding(outcome: StepOutcome | VariantOutcome): outcome is (typeof FINDINGS)[number] {
  return FINDINGS.some((finding) => finding === outcome);
}

/** What the plan says about one variant. */
export interface Expectation {
  /** Outcomes that the plan accepts; any other is a missed expectation or, where it says nothing, exit 125. */
  readonly accept: readonly VariantOutcome[];
  /** Outcomes already known of this variant: reported as known when seen, and their absence too. */
  readonly known: readonly VariantOutcome[];
}

const outcomes = z.array(z.enum(OUTCOMES)).readonly();

/** What the plan makes of an outcome. `known`: findings of the plan, seen or not seen this time. */
export const expectationResult = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('met') }).readonly(),
  z.strictObject({ kind: z.literal('known'), seen: outcomes, absent: outcomes }).readonly(),
  z.strictObject({ kind: z.literal('missed'), message: z.string() }).readonly(),
  z.strictObject({ kind: z.literal('inconclusive'), message: z.string() }).readonly(),
]);
export type ExpectationResult = z.infer<typeof expectationResult>;

/** What identifies the bug that a plan is after. */
export interface TargetSignature {
  /** Splat types that count as the bug. */
  readonly types: readonly SplatType[];
  /** The trace must hold at least one of these functions. */
  readonly frames: readonly string[];
}
