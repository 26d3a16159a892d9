// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../../model/errors.ts';
import { judgeExpectation } from '../../model/expectation.ts';
import { countSteps } from '../../model/outcome.ts';
import type { JudgeContext, ProbedVariant, ProbeVerdict } from '../../model/probe.ts';
import type { StressFigures } from './figures.ts';
import { bugBesideHang, trialsOf } from './judge-trial.ts';
import { controlOf, outcomeOf, type Control } from './outcome.ts';
import { signaturesOf } from './signatures.ts';
import type { ProbedRace } from '../keys.ts';
import type { StressSpec } from './spec.ts';
import type { JudgedTrial, StressSeen } from './trial.ts';

/** What the trials of a probe say, in any order. */
export function judgeStress(probe: StressSpec, seen: readonly StressSeen[], context: JudgeContext): ProbeVerdict {
  const control = endedControlOf(probe, trialsOf(seen, probe.control, probe.race));
  const judged = probe.variants.map((variant) => {
    const trials = trialsOf(seen, variant, probe.race);
    return { trials, verdict: judgeVariant(probe, variant, trials, control, context) };
  });
  return {
    probe: probe.id,
    kind: probe.kind,
    blind: control.blind === null ? null : `its control ${control.id} ${control.blind}`,
    variants: judged.map(({ verdict }) => verdict),
    statuses: judged.flatMap(({ trials, verdict }) => lostToHost(probe, verdict, trials)),
  };
}

/**
 * The control of a probe that is over: without its last trial, as where a run was stopped, the end was not tried. By
 * itself it has none: there is no absence that it would stand for.
 */
function endedControlOf(probe: StressSpec, trials: readonly JudgedTrial[]): Control {
  const control = controlOf(probe, trials);
  const alone = probe.variants.every((variant) => variant === probe.control);
  const tried = alone || trials.some(({ evidence }) => evidence.step.args.part === 'last');
  return control.blind === null && !tried ? { ...control, blind: 'was not tried at the end' } : control;
}

/**
 * What a run says about `variant` under `probe`.
 *
 * @param trials those of this variant under this probe, in their order.
 * @param control of the same probe of the same run.
 */
export function judgeVariant(
  probe: StressSpec,
  variant: string,
  trials: readonly JudgedTrial[],
  control: Control,
  { alpha, unavailable }: JudgeContext,
): ProbedVariant {
  const { outcome, reason: shown, ...figures } = outcomeOf(probe, variant, trials, control, alpha);
  const reason = trials.length === 0 ? (unavailable[variant] ?? shown) : shown;
  const counts = countSteps(trials.map(({ verdict }) => verdict.kind));
  const bugBesides = besidesHangs(trials, probe.race);
  return {
    variant,
    outcome,
    reason,
    counts,
    unit: 'trial',
    signatures: signaturesOf(trials, probe.race),
    expectation: judgeExpectation(
      { outcome, reason, trials: counts, exposure: figures.rate.exposure, bugBesides },
      probe.expect[variant],
    ),
    figures: figures satisfies StressFigures,
  };
}

/**
 * Another bug that a `hang` outcome would leave unsaid: one of another trial, or one before a hang in its own trial.
 */
function besidesHangs(trials: readonly JudgedTrial[], race: ProbedRace): string | null {
  for (const { evidence, verdict } of trials) {
    if (verdict.kind === 'other-bug') return verdict.title;
    const another = verdict.kind === 'hang' ? bugBesideHang(evidence, race) : null;
    if (another !== null) return another;
  }
  return null;
}

/** The host is to blame for a variant that stayed without an outcome, whether the plan accepts that or not. */
function lostToHost(
  { id }: StressSpec,
  { variant, outcome }: ProbedVariant,
  trials: readonly JudgedTrial[],
): ProbeVerdict['statuses'] {
  const lost = trials.filter(({ verdict }) => verdict.kind === 'inconclusive' && verdict.cause === 'host-fault').length;
  if (outcome !== 'inconclusive' || lost === 0) return [];
  return [{ status: EXIT.hostFault, reason: `${id}/${variant}: trials lost to the host: ${lost}` }];
}
