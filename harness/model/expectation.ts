// SPDX-License-Identifier: GPL-2.0-only
import {
  isFinding,
  type Expectation,
  type ExpectationResult,
  type StepCounts,
  type VariantOutcome,
} from './outcome.ts';

/** What a variant showed, as far as its expectation asks. */
export interface Shown {
  readonly outcome: VariantOutcome;
  readonly reason: string;
  /** Trials by verdict. */
  readonly trials: StepCounts;
  /** What was exposed, in the kind's unit. */
  readonly exposure: number;
  /** Title of another bug that the outcome does not name; null when there is none. */
  readonly bugBesides: string | null;
}

/**
 * Holds an outcome against what the plan expects. `undefined` is a variant that the plan forgot: it cannot be met.
 *
 * An accepted outcome is not enough where nothing was raced, or where an accepted hang would hide another bug.
 */
export function judgeExpectation(shown: Shown, expected: Expectation | undefined): ExpectationResult {
  if (expected === undefined) return { kind: 'inconclusive', message: 'the plan expects nothing of it' };
  if (!expected.accept.includes(shown.outcome)) return notAccepted(shown, expected);
  if (shown.outcome === 'inconclusive' && shown.exposure === 0) return { kind: 'inconclusive', message: shown.reason };
  if (hidesBug(shown, expected))
    return { kind: 'inconclusive', message: `in addition to its hang: ${shown.bugBesides}` };
  if (expected.known.length === 0) return { kind: 'met' };
  return {
    kind: 'known',
    seen: expected.known.filter((outcome) => wasSeen(outcome, shown)),
    absent: expected.known.filter((outcome) => !wasSeen(outcome, shown)),
  };
}

function wasSeen(known: VariantOutcome, { outcome, trials }: Shown): boolean {
  return isFinding(known) ? trials[known] > 0 : known === outcome;
}

function hidesBug(shown: Shown, expected: Expectation): boolean {
  return shown.outcome === 'hang' && shown.bugBesides !== null && !expected.accept.includes('other-bug');
}

function notAccepted({ outcome, reason }: Shown, expected: Expectation): ExpectationResult {
  const message = `expected ${expected.accept.join(' or ')}, got ${outcome}: ${reason}`;
  switch (outcome) {
    case 'inconclusive':
    case 'other-bug':
      return { kind: 'inconclusive', message };
    case 'target':
    case 'hang':
    case 'not-reproduced':
    case 'closed':
    case 'measured':
      return { kind: 'missed', message };
  }
}
