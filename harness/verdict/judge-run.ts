import { EXIT, exitStatusOf, worstStatus, type ExitStatus } from '../model/errors.ts';
import type { Plan, ProbeSpec } from '../model/plan.ts';
import type { Trouble } from '../model/trial.ts';
import type { JudgedTrial, RunVerdict, VariantVerdict } from '../model/verdict.ts';
import { judgeVariant } from './judge-variant.ts';
import { controlOf } from './outcome.ts';

/** One thing that holds of a run: the status it asks for and why. */
interface Finding {
  readonly status: ExitStatus;
  readonly reason: string;
}

/**
 * The verdict of a whole run, for any order of `trials`.
 *
 * @param troubles the harness's own, as far as they did not end the run by themselves.
 */
export function judgeRun(
  plan: Pick<Plan, 'probes' | 'target' | 'alpha'>,
  trials: readonly JudgedTrial[],
  troubles: readonly Trouble[] = [],
): RunVerdict {
  const judged = plan.probes.map((probe) => judgeProbe(probe, trials, plan));
  const variants = judged.flatMap((probe) => probe.variants);
  const findings = [
    ...troubles.map(troubleFinding),
    ...judged.flatMap((probe) => (probe.blind ? [blindFinding(probe)] : [])),
    ...variants.flatMap(expectationFinding),
    ...variants.flatMap((variant) => hostFinding(variant, trials)),
  ];
  return {
    status: worstStatus(findings.map((finding) => finding.status)),
    reasons: findings.map((finding) => finding.reason),
    blindProbes: judged.filter((probe) => probe.blind).map((probe) => probe.id),
    variants,
  };
}

interface JudgedProbe {
  readonly id: string;
  readonly control: string;
  readonly blind: boolean;
  readonly variants: readonly VariantVerdict[];
}

function judgeProbe(probe: ProbeSpec, trials: readonly JudgedTrial[], plan: Pick<Plan, 'target' | 'alpha'>): JudgedProbe {
  const control = controlOf(probe, trialsOf(trials, probe.id, probe.control));
  const variants = probe.variants.map((id) => judgeVariant(probe, id, trialsOf(trials, probe.id, id), control, plan));
  return { id: probe.id, control: control.id, blind: control.blind, variants };
}

function trialsOf(trials: readonly JudgedTrial[], probe: string, variant: string): JudgedTrial[] {
  return trials.filter(({ evidence: { spec } }) => spec.probe === probe && spec.variant === variant);
}

function troubleFinding({ fault, variant, message }: Trouble): Finding {
  return { status: exitStatusOf(fault), reason: variant === null ? message : `${variant}: ${message}` };
}

function blindFinding({ id, control }: JudgedProbe): Finding {
  return { status: EXIT.cannotTell, reason: `${id}: blind, its control ${control} did not crash` };
}

function expectationFinding({ probe, variant, expectation }: VariantVerdict): Finding[] {
  switch (expectation.kind) {
    case 'met':
    case 'known':
      return [];
    case 'missed':
      return [{ status: EXIT.missed, reason: `${probe}/${variant}: ${expectation.message}` }];
    case 'cannot-tell':
      return [{ status: EXIT.cannotTell, reason: `${probe}/${variant}: ${expectation.message}` }];
  }
}

/** The host is to blame for a variant that stayed without an outcome, whether the plan accepts that or not. */
function hostFinding({ probe, variant, outcome }: VariantVerdict, trials: readonly JudgedTrial[]): Finding[] {
  if (outcome !== 'inconclusive') return [];
  const faults = trialsOf(trials, probe, variant)
    .map((trial) => trial.verdict)
    .filter((verdict) => verdict.kind === 'inconclusive' && verdict.cause === 'host-fault');
  if (faults.length === 0) return [];
  return [{ status: EXIT.hostFault, reason: `${probe}/${variant}: trials lost to the host: ${faults.length}` }];
}
