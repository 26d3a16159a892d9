// SPDX-License-Identifier: GPL-2.0-only
import type { VariantSpec } from '../model/kernel.ts';
import type { Plan } from '../model/plan.ts';
import type { ProbeSpec } from '../model/probe.ts';
import { PROBES } from '../probe/table.ts';
import { kindOf } from '../results/kinds.ts';
import { formatSourceSpec } from '../source/spec.ts';

/** What a plan would do, for a person. */
export function describePlan(plan: Plan): string {
  const wanted = new Set(plan.probes.flatMap((probe) => probe.variants));
  const variants = plan.variants.filter(({ id }) => wanted.has(id));
  return [
    `plan ${plan.name}: ${plan.describe}`,
    `accelerator ${plan.accelerator}, seed ${plan.seed ?? 'of each run its own'}, alpha ${plan.alpha}`,
    '',
    describeVariants(variants),
    ...plan.probes.flatMap((probe) => ['', ...describeProbe(probe)]),
  ].join('\n');
}

export function describeVariants(variants: readonly VariantSpec[]): string {
  return variants.map(describeVariant).join('\n');
}

function describeVariant({ id, describe, source, series, fragments }: VariantSpec): string {
  return [
    `variant ${id}: ${describe}`,
    `  source    ${source.kind === 'prebuilt' ? source.path : formatSourceSpec(source)}`,
    `  series    ${series.join(' ') || 'none'}`,
    `  fragments ${fragments.join(' ')}`,
  ].join('\n');
}

function describeProbe(probe: ProbeSpec): string[] {
  const [first = probe.id, ...rows] = kindOf(PROBES, probe.kind).outline(probe).lines;
  return [`probe ${first}`, ...rows.map((row) => `  ${row}`)];
}
