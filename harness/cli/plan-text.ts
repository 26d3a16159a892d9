// SPDX-License-Identifier: GPL-2.0-only
import type { SwapBackend } from '../model/guest.ts';
import type { VariantSpec } from '../model/kernel.ts';
import { budgetOf, type InterleaveProbe, type Plan, type StressProbe } from '../model/plan.ts';
import type { ProbeSpec } from '../model/probe.ts';
import { PROBES } from '../probe/table.ts';
import { kindOf } from '../results/kinds.ts';
import { formatSourceSpec } from '../source/spec.ts';

/** What a plan would do, for a person. */
export function describePlan(plan: Plan): string {
  const wanted = new Set(
    [...plan.probes, ...plan.explorations, ...(plan.generic ?? [])].flatMap((probe) => probe.variants),
  );
  const variants = plan.variants.filter(({ id }) => wanted.has(id));
  return [
    `plan ${plan.name}: ${plan.describe}`,
    `accelerator ${plan.accelerator}, seed ${plan.seed}, alpha ${plan.alpha}`,
    '',
    describeVariants(variants),
    ...plan.probes.flatMap((probe) => ['', ...describeProbe(probe)]),
    ...plan.explorations.flatMap((probe) => ['', ...describeExploration(probe)]),
    ...(plan.generic ?? []).flatMap((probe) => ['', ...describeTableProbe(probe)]),
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

function describeProbe(probe: StressProbe): string[] {
  const rows = probe.variants.map((variant) => {
    const { minTrials, maxTrials, trialSeconds } = budgetOf(probe, variant);
    const accept = probe.expect[variant]?.accept.join(' or ') ?? 'nothing';
    const role = variant === probe.control ? ', the control' : '';
    return `  ${variant}: ${minTrials} to ${maxTrials} trials of ${trialSeconds} s, expected ${accept}${role}`;
  });
  const machine = `${probe.vcpus} vCPUs, ${probe.memoryMiB} MiB, ${describeBackend(probe.backend)}`;
  return [
    `probe ${probe.id}: stress ${probe.workload}, ${probe.threads} threads, ${probe.pages} pages; ${machine}`,
    ...rows,
  ];
}

function describeExploration(probe: InterleaveProbe): string[] {
  const rows = probe.variants.map((variant) => {
    const role = variant === probe.control ? ', the control' : '';
    return `  ${variant}: expected ${probe.expect[variant]?.accept.join(' or ') ?? 'nothing'}${role}`;
  });
  const { id, path, hold, meanwhile, points, repeats, backend } = probe;
  const which =
    points.kind === 'every'
      ? `every ${points.count}th instruction`
      : points.kind === 'all'
        ? 'every instruction'
        : 'the first of every function';
  return [
    `probe ${id}: interleave ${path}, ${hold} hold, ${meanwhile}, ${which}, ${repeats} times; ${describeBackend(backend)}`,
    ...rows,
  ];
}

function describeTableProbe(probe: ProbeSpec): string[] {
  const [first = probe.id, ...rows] = kindOf(PROBES, probe.kind).outline(probe).lines;
  return [`probe ${first}`, ...rows.map((row) => `  ${row}`)];
}

function describeBackend(backend: SwapBackend): string {
  switch (backend.kind) {
    case 'virtio-blk':
      return `${backend.sizeKiB} KiB on virtio-blk (${backend.rotational ? 'rotating' : 'solid-state'})`;
    case 'file':
      return `${backend.sizeKiB} KiB in a file on ${backend.filesystem}`;
    case 'zram':
      return `${backend.sizeKiB} KiB on zram`;
    case 'none':
      return 'no swap';
  }
}
