// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import type { StressSpec } from './spec.ts';

/**
 * A plan's stress probe; its first when none is named.
 *
 * @throws UsageError `UNKNOWN_PROBE` naming the probes there are.
 */
export function stressOf({ name, probes }: Pick<Plan, 'name' | 'probes'>, id: string | undefined): StressSpec {
  const all = probes.filter((probe): probe is StressSpec => probe.kind === 'stress');
  const probe = id === undefined ? all[0] : all.find((each) => each.id === id);
  if (probe !== undefined) return probe;
  throw new UsageError('UNKNOWN_PROBE', `The plan ${name} has no stress probe${id === undefined ? '' : ` ${id}`}`, {
    hint: all.length === 0 ? 'name a plan that has one' : `one of: ${all.map((each) => each.id).join(', ')}`,
  });
}

/** A plan reduced to one variant under one probe. The probe's control stays: without it an absence means nothing. */
export function soloPlan(plan: Plan, variant: string, probeId: string | undefined, seconds: number | undefined): Plan {
  const probe = stressOf(plan, probeId);
  const variants = [...new Set([probe.control, variant])];
  const trialSeconds = seconds === undefined ? {} : { trialSeconds: seconds };
  const budgets = Object.fromEntries(variants.map((id) => [id, { ...probe.budgets[id], ...trialSeconds }]));
  const solo: StressSpec = { ...probe, variants, budgets };
  return { ...plan, name: `${plan.name}: ${variant}`, probes: [solo] };
}
