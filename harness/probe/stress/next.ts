// SPDX-License-Identifier: GPL-2.0-only
import type { VariantOutcome } from '../../model/outcome.ts';
import type { Next, NextContext } from '../../model/probe.ts';
import { trialsOf } from './judge-trial.ts';
import { controlOf, outcomeOf, type Control } from './outcome.ts';
import { budgetOf, type StressArgs, type StressSpec } from './spec.ts';
import type { JudgedTrial, StressSeen } from './trial.ts';

/**
 * Crashes of the control after which it is left alone. With k of them a variant needs about (alpha^(-1/k) - 1) times
 * the control's exposure to be told apart: 19 times with one, 1.7 times with three, hardly less with more.
 */
export const ENOUGH_CONTROL_CRASHES = 3;

/** `more` says why another trial is worth its time, `done` why none is. */
type Need = { readonly kind: 'more'; readonly reason: string } | { readonly kind: 'done'; readonly reason: string };

/**
 * The next trial that `probe` needs, given what it has.
 *
 * The control comes first, and is finished before any other variant starts: a control that grew until the comparison
 * pleases would make `alpha` a lie. A variant may be tested after every trial, for it is only called clean without a
 * single crash, which looking more often does not make likelier. Variants take turns, so that a host that slows down
 * does so for all of them.
 */
export function nextTrial(
  probe: StressSpec,
  seen: readonly StressSeen[],
  { alpha, unavailable }: Pick<NextContext, 'alpha' | 'unavailable'>,
): Next<StressArgs> {
  const trials = new Map(probe.variants.map((variant) => [variant, trialsOf(seen, variant, probe.race)]));
  const of = (variant: string): readonly JudgedTrial[] => trials.get(variant) ?? [];
  const need = (variant: string, decide: () => Need): Need => {
    const missing = unavailable[variant];
    return missing === undefined ? decide() : { kind: 'done', reason: missing };
  };

  const control = controlOf(probe, of(probe.control));
  const controlNeed = need(probe.control, () => controlNeeds(probe, of(probe.control), control));
  if (controlNeed.kind === 'more') return trial(probe, probe.control, of(probe.control), controlNeed.reason);

  const others = probe.variants
    .filter((variant) => variant !== probe.control)
    .map((variant) => ({
      variant,
      need: need(variant, () => variantNeeds(probe, variant, of(variant), control, alpha)),
    }));
  const wanting = others.filter((other) => other.need.kind === 'more');
  const next = wanting.reduce<(typeof wanting)[number] | undefined>(
    (best, other) => (best === undefined || of(other.variant).length < of(best.variant).length ? other : best),
    undefined,
  );
  if (next !== undefined) return trial(probe, next.variant, of(next.variant), next.need.reason);
  const reasons = others.map((other) => [other.variant, other.need.reason] as const);
  return { kind: 'done', reasons: Object.fromEntries([[probe.control, controlNeed.reason], ...reasons]) };
}

function trial(probe: StressSpec, variant: string, trials: readonly JudgedTrial[], reason: string): Next<StressArgs> {
  const index = Math.max(-1, ...trials.map(({ evidence }) => evidence.step.index)) + 1;
  const args = { seconds: budgetOf(probe, variant).trialSeconds };
  return { kind: 'step', step: { variant, index, args, reason } };
}

function controlNeeds(probe: StressSpec, trials: readonly JudgedTrial[], control: Control): Need {
  const budget = withinBudget(probe, probe.control, trials);
  if (budget !== null) return budget;
  const crashes = control.rate.events;
  if (crashes >= ENOUGH_CONTROL_CRASHES) return { kind: 'done', reason: `the control crashed ${crashes} times` };
  return {
    kind: 'more',
    reason: `the control crashed ${crashes} of ${ENOUGH_CONTROL_CRASHES} times that a comparison wants`,
  };
}

function variantNeeds(
  probe: StressSpec,
  variant: string,
  trials: readonly JudgedTrial[],
  control: Control,
  alpha: number,
): Need {
  const budget = withinBudget(probe, variant, trials);
  if (budget !== null) return budget;
  const { outcome, reason } = outcomeOf(variant, trials, control, alpha);
  if (isDecided(outcome)) return { kind: 'done', reason: `${outcome}: ${reason}` };
  if (control.blind) return { kind: 'done', reason: 'the control did not crash: more trials would mean nothing' };
  return { kind: 'more', reason };
}

/** What the budget alone says; null between its least and its most trials. Trials lost to the host are made up for. */
function withinBudget(probe: StressSpec, variant: string, trials: readonly JudgedTrial[]): Need | null {
  const { minTrials, maxTrials } = budgetOf(probe, variant);
  if (trials.length >= maxTrials) return { kind: 'done', reason: `all ${maxTrials} trials of its budget were run` };
  const ran = trials.filter(
    ({ verdict }) => !(verdict.kind === 'inconclusive' && verdict.cause === 'host-fault'),
  ).length;
  return ran < minTrials ? { kind: 'more', reason: `${ran} of at least ${minTrials} trials were run` } : null;
}

function isDecided(outcome: VariantOutcome): boolean {
  return outcome !== 'inconclusive';
}
