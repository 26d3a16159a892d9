// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { SplatType } from './splat.ts';

/**
 * What a variant showed, worst first: the order in which its steps decide its outcome.
 *
 * - `target`: the expected bug, by the target's signature
 * - `hang`: no progress past a deadline while guest and host go on
 * - `other-bug`: another splat, or wrong contents
 * - `clean`: nothing happened, and that means something
 * - `measured`: figures were taken, and they mean something; nothing was looked for
 * - `inconclusive`: with its reason
 */
export const OUTCOMES = ['target', 'hang', 'other-bug', 'clean', 'measured', 'inconclusive'] as const;
export type VariantOutcome = (typeof OUTCOMES)[number];

/** How many of something came to what. */
export type OutcomeCounts = Readonly<Record<VariantOutcome, number>>;

export function countOutcomes(outcomes: Iterable<VariantOutcome>): OutcomeCounts {
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<VariantOutcome, number>;
  for (const outcome of outcomes) counts[outcome]++;
  return counts;
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
  z.strictObject({ kind: z.literal('cannot-tell'), message: z.string() }).readonly(),
]);
export type ExpectationResult = z.infer<typeof expectationResult>;

/** What identifies the bug that a plan is after. */
export interface TargetSignature {
  /** Splat types that count as the bug. */
  readonly types: readonly SplatType[];
  /** The trace must hold at least one of these functions. */
  readonly frames: readonly string[];
}
