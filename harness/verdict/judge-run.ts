// SPDX-License-Identifier: GPL-2.0-only
import { EXIT, exitStatusOf, worstStatus, type ExitStatus } from '../model/errors.ts';
import type { Exploration } from '../model/exploration.ts';
import type { Plan, StressProbe } from '../model/plan.ts';
import type { Trouble } from '../model/trial.ts';
import type { JudgedTrial, MapVerdict, RunVerdict, VariantVerdict } from '../model/verdict.ts';
import { judgeMaps, type JudgedMaps } from './judge-map.ts';
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
  plan: Pick<Plan, 'probes' | 'explorations' | 'target' | 'alpha'>,
  trials: readonly JudgedTrial[],
  troubles: readonly Trouble[] = [],
  explorations: readonly Exploration[] = [],
): RunVerdict {
  const judged = plan.probes.map((probe) => judgeProbe(probe, trials, plan));
  const variants = judged.flatMap((probe) => probe.variants);
  const placed = plan.explorations.map((probe) => judgeMaps(probe, explorations, plan.target));
  const maps = placed.flatMap((probe) => probe.maps);
  const findings = [
    ...troubles.map(troubleFinding),
    ...judged.flatMap((probe) => (probe.blind ? [blindFinding(probe)] : [])),
    ...placed.flatMap((probe) => (probe.blind ? [blindMapFinding(probe)] : [])),
    ...[...variants, ...maps].flatMap(expectationFinding),
    ...variants.flatMap((variant) => hostFinding(variant, trials)),
    ...explorations.flatMap(failureFinding),
  ];
  return {
    status: worstStatus(findings.map((finding) => finding.status)),
    reasons: findings.map((finding) => finding.reason),
    blindProbes: [
      ...judged.filter(({ blind }) => blind).map(({ id }) => id),
      ...placed.filter(({ blind }) => blind).map(({ probe }) => probe),
    ],
    variants,
    maps,
  };
}

interface JudgedProbe {
  readonly id: string;
  readonly control: string;
  readonly blind: boolean;
  readonly variants: readonly VariantVerdict[];
}

function judgeProbe(
  probe: StressProbe,
  trials: readonly JudgedTrial[],
  plan: Pick<Plan, 'target' | 'alpha'>,
): JudgedProbe {
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

function blindMapFinding({ probe, control }: JudgedMaps): Finding {
  return {
    status: EXIT.cannotTell,
    reason: `${probe}: blind, the map of its control ${control} does not show the bug`,
  };
}

/**
 * The host or a person is to blame for an exploration that did not come to its end, whatever its points had shown by
 * then.
 */
function failureFinding({ spec, end }: Exploration): Finding[] {
  return end.kind === 'completed' || (end.fault !== 'host' && end.fault !== 'interrupted')
    ? []
    : [{ status: exitStatusOf(end.fault), reason: `${spec.probe}/${spec.variant}: ${end.message}` }];
}

function expectationFinding({
  probe,
  variant,
  expectation,
}: Pick<VariantVerdict | MapVerdict, 'probe' | 'variant' | 'expectation'>): Finding[] {
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
