// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { budgetOf, type StressSpec } from './spec.ts';

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

/**
 * What reduces a plan to one variant under one probe. The probe's control stays: without it an absence means nothing.
 */
export function soloOf(
  plan: Plan,
  variant: string,
  probeId: string | undefined,
  seconds: number | undefined,
): {
  readonly name: string;
  readonly probe: { readonly id: string; readonly keys: Readonly<Record<string, unknown>> };
} {
  const probe = stressOf(plan, probeId);
  const variants = [...new Set([probe.control, variant])];
  const budgets = Object.fromEntries(
    variants.map((id) => {
      const { minTrials, maxTrials, trialSeconds } = budgetOf(probe, id);
      return [id, { 'min-trials': minTrials, 'max-trials': maxTrials, seconds: seconds ?? trialSeconds }];
    }),
  );
  return { name: `${plan.name}: ${variant}`, probe: { id: probe.id, keys: { variants, budgets } } };
}
