// SPDX-License-Identifier: GPL-2.0-only
import type { StressProbe, TargetSignature } from '../model/plan.ts';
import { OUTCOMES, type JudgedTrial, type VariantOutcome, type VariantVerdict } from '../model/verdict.ts';
import { judgeExpectation } from '../model/expectation.ts';
import { bugBesideHang } from './judge-trial.ts';
import { outcomeOf, type Control } from './outcome.ts';
import { signaturesOf } from './signatures.ts';

/**
 * What a run says about `variant` under `probe`.
 *
 * @param trials those of this variant under this probe, in any order.
 * @param control of the same probe of the same run.
 */
export function judgeVariant(
  probe: StressProbe,
  variant: string,
  trials: readonly JudgedTrial[],
  control: Control,
  plan: { readonly target: TargetSignature; readonly alpha: number },
): VariantVerdict {
  const ordered = [...trials].sort((a, b) => a.evidence.spec.index - b.evidence.spec.index);
  const { outcome, reason, rate, comparison } = outcomeOf(variant, ordered, control, plan.alpha);
  const counts = countByVerdict(ordered);
  const bugBesides = besidesHangs(ordered, plan.target);
  return {
    variant,
    probe: probe.id,
    outcome,
    reason,
    trials: counts,
    rate,
    comparison,
    signatures: signaturesOf(ordered, plan.target),
    expectation: judgeExpectation(
      { outcome, reason, trials: counts, exposure: rate.exposure, bugBesides },
      probe.expect[variant],
    ),
  };
}

function countByVerdict(trials: readonly JudgedTrial[]): Record<VariantOutcome, number> {
  const count = (kind: VariantOutcome) => trials.filter((trial) => trial.verdict.kind === kind).length;
  return Object.fromEntries(OUTCOMES.map((kind) => [kind, count(kind)])) as Record<VariantOutcome, number>;
}

/**
 * Another bug that a `hang` outcome would leave unsaid: one of another trial, or one before a hang in its own trial.
 */
function besidesHangs(trials: readonly JudgedTrial[], target: TargetSignature): string | null {
  for (const { evidence, verdict } of trials) {
    if (verdict.kind === 'other-bug') return verdict.title;
    const beside = verdict.kind === 'hang' ? bugBesideHang(evidence, target) : null;
    if (beside !== null) return beside;
  }
  return null;
}
