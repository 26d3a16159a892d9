import type { SwapBackend } from '../model/guest.ts';
import type { VariantSpec } from '../model/kernel.ts';
import { budgetOf, type Plan, type StressProbe } from '../model/plan.ts';
import { formatSourceSpec } from '../source/spec.ts';

/** What a plan would do, for a person. */
export function describePlan(plan: Plan): string {
  const wanted = new Set(plan.probes.flatMap((probe) => probe.variants));
  const variants = plan.variants.filter(({ id }) => wanted.has(id));
  return [
    `plan ${plan.name}: ${plan.describe}`,
    `accelerator ${plan.accelerator}, seed ${plan.seed}, alpha ${plan.alpha}`,
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

function describeProbe(probe: StressProbe): string[] {
  const rows = probe.variants.map((variant) => {
    const { minTrials, maxTrials, trialSeconds } = budgetOf(probe, variant);
    const accept = probe.expect[variant]?.accept.join(' or ') ?? 'nothing';
    const role = variant === probe.control ? ', the control' : '';
    return `  ${variant}: ${minTrials} to ${maxTrials} trials of ${trialSeconds} s, expected ${accept}${role}`;
  });
  const machine = `${probe.vcpus} vCPUs, ${probe.memoryMiB} MiB, ${describeBackend(probe.backend)}`;
  return [`probe ${probe.id}: stress ${probe.workload}, ${probe.threads} threads, ${probe.pages} pages; ${machine}`, ...rows];
}

function describeBackend(backend: SwapBackend): string {
  switch (backend.kind) {
    case 'virtio-blk':
      return `${backend.sizeKiB} KiB on virtio-blk (${backend.rotational ? 'rotating' : 'solid-state'})`;
    case 'file':
      return `${backend.sizeKiB} KiB in a file on ${backend.filesystem}`;
    case 'zram':
      return `${backend.sizeKiB} KiB on zram`;
  }
}
