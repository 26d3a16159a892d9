// SPDX-License-Identifier: GPL-2.0-only
import type { KernelRecord } from './kernel.ts';
import { budgetOf, type Plan, type StressProbe } from './plan.ts';
import type { TrialSpec } from './trial.ts';

/** The trial that a plan asks for under a probe, on a variant, for the `index`-th time; 0-based. */
export function plannedTrial(
  plan: Pick<Plan, 'seed'>,
  probe: StressProbe,
  variant: string,
  index: number,
  kernel: Pick<KernelRecord, 'id' | 'buildId'>,
): TrialSpec {
  const id = `${probe.id}-${variant}-${index}`;
  const { race, workload, backend, vcpus, memoryMiB, cmdline, threads, pages, hangSeconds } = probe;
  return {
    id,
    probe: probe.id,
    variant,
    index,
    kernelId: kernel.id,
    buildId: kernel.buildId,
    seed: seedOf(plan.seed, id),
    race,
    workload,
    backend,
    vcpus,
    memoryMiB,
    cmdline,
    threads,
    pages,
    seconds: budgetOf(probe, variant).trialSeconds,
    hangSeconds,
  };
}

/** A seed of its own for every trial: FNV-1a over the plan's seed and the trial's id, 31 bits. */
function seedOf(planSeed: number, id: string): number {
  let hash = 0x811c9dc5;
  for (const char of `${planSeed}/${id}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return hash >>> 1;
}
