// SPDX-License-Identifier: GPL-2.0-only
import type { VariantOutcome } from '../../model/outcome.ts';
import type { Next, NextContext } from '../../model/probe.ts';
import { trialsOf } from './judge-trial.ts';
import { controlOf, isVoid, outcomeOf, type Control } from './outcome.ts';
import { budgetOf, type StressArgs, type StressSpec } from './spec.ts';
import type { JudgedTrial, StressSeen } from './trial.ts';

/** Crashes of the control that are wanted of its first trials: its rate is what a variant's limit is held against. */
export const ENOUGH_CONTROL_CRASHES = 3;

/** `more` says why another trial is worth its time, `done` why none is. */
type Need = { readonly kind: 'more'; readonly reason: string } | { readonly kind: 'done'; readonly reason: string };

/**
 * The next trial that `probe` needs, given what it has.
 *
 * The control comes first, once more when every variant has its least trials and one wants more, and at the end: a
 * host on which the bug no longer shows makes every absence worthless. A variant may be tested after every trial, for
 * it is only called not reproduced without a single crash, which looking more often does not make likelier. Variants
 * take turns, so that a host that slows down does so for all of them.
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
  const ofControl = of(probe.control);
  const inPart = (part: StressArgs['part']): readonly JudgedTrial[] =>
    ofControl.filter(({ evidence }) => evidence.step.args.part === part);

  const control = controlOf(probe, ofControl);
  const controlNeed = need(probe.control, () => controlNeeds(probe, inPart('first'), control));
  if (controlNeed.kind === 'more') return trial(probe, probe.control, ofControl, controlNeed.reason, 'first');

  const others = probe.variants
    .filter((variant) => variant !== probe.control)
    .map((variant) => ({
      variant,
      need: need(variant, () => variantNeeds(probe, variant, of(variant), control, alpha)),
      least: need(variant, () => leastNeeds(probe, variant, of(variant))).kind === 'done',
    }));
  const closed = inPart('last').some(({ verdict }) => !isVoid(verdict));
  const wanting = closed ? [] : others.filter((other) => other.need.kind === 'more');
  const brackets = unavailable[probe.control] === undefined && control.rate.events > 0;
  const wants = (part: StressArgs['part']): boolean =>
    brackets && inPart(part).every(({ verdict }) => isVoid(verdict)) && inPart(part).length < MOST_BRACKETS;
  if (wanting.length > 0 && others.every(({ least }) => least) && wants('middle'))
    return trial(probe, probe.control, ofControl, 'the control, between the trials of the others', 'middle');
  const next = wanting.reduce<(typeof wanting)[number] | undefined>(
    (best, other) => (best === undefined || of(other.variant).length < of(best.variant).length ? other : best),
    undefined,
  );
  if (next !== undefined) return trial(probe, next.variant, of(next.variant), next.need.reason, 'between');
  if (others.some(({ variant }) => of(variant).length > 0) && wants('last'))
    return trial(probe, probe.control, ofControl, 'the control, after the trials of the others', 'last');
  const reasons = others.map((other) => [other.variant, other.need.reason] as const);
  return { kind: 'done', reasons: Object.fromEntries([[probe.control, controlNeed.reason], ...reasons]) };
}

/** Trials of the control in the middle, and at the end, of which all but one may be lost to the host. */
const MOST_BRACKETS = 3;

function trial(
  probe: StressSpec,
  variant: string,
  trials: readonly JudgedTrial[],
  reason: string,
  part: StressArgs['part'],
): Next<StressArgs> {
  const index = Math.max(-1, ...trials.map(({ evidence }) => evidence.step.index)) + 1;
  const args = { seconds: budgetOf(probe, variant).trialSeconds, part };
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

function leastNeeds(probe: StressSpec, variant: string, trials: readonly JudgedTrial[]): Need {
  return withinBudget(probe, variant, trials) ?? { kind: 'done', reason: '' };
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
  const { outcome, reason } = outcomeOf(probe, variant, trials, control, alpha);
  if (isDecided(outcome)) return { kind: 'done', reason: `${outcome}: ${reason}` };
  if (control.blind !== null)
    return { kind: 'done', reason: `the control ${control.blind}: more trials would mean nothing` };
  return { kind: 'more', reason };
}

/** What the budget alone says; null between its least and its most trials. Trials lost to the host are made up for. */
function withinBudget(probe: StressSpec, variant: string, trials: readonly JudgedTrial[]): Need | null {
  const { minTrials, maxTrials } = budgetOf(probe, variant);
  if (trials.length >= maxTrials) return { kind: 'done', reason: `all ${maxTrials} trials of its budget were run` };
  const ran = trials.filter(({ verdict }) => !isVoid(verdict)).length;
  return ran < minTrials ? { kind: 'more', reason: `${ran} of at least ${minTrials} trials were run` } : null;
}

function isDecided(outcome: VariantOutcome): boolean {
  return outcome !== 'inconclusive';
}
