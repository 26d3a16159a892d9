// SPDX-License-Identifier: GPL-2.0-only
import { sweepLeftovers } from '../../host/temp-dir.ts';
import { allowedCores, dedicate } from '../../machine/dedicated.ts';
import { BuildError, HostError } from '../../model/errors.ts';
import type { ProgressListener } from '../../model/events.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { LatencyPlan } from '../../model/latency.ts';
import { LatencyStore } from '../../store/latency-store.ts';
import { toolVersions } from '../host-facts.ts';
import { buildKernels } from '../../lab/kernels.ts';
import { openLab } from '../../lab/lab.ts';
import type { Workspace } from '../workspace.ts';
import { LatencyBlocks, type FinishedLatencyRun } from './blocks.ts';
import { measureBoot } from './boot.ts';
import { coresStood, latencyHostFacts } from './host.ts';
import { countUntilClaim } from './hot-path.ts';

export interface LatencyRunOptions {
  readonly plan: LatencyPlan;
  readonly workspace: Workspace;
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

/**
 * Runs a latency plan in guests: builds its kernels, boots its arms block by block until the intervals are narrow
 * enough or the budget ends, and analyses. An interruption ends the run with the blocks that are whole; the folder is
 * finished then, too.
 *
 * @throws BuildError when a variant has no kernel; HostError when results cannot be written.
 */
export async function runLatency(options: LatencyRunOptions): Promise<FinishedLatencyRun> {
  const { plan, workspace, offline, signal, emit } = options;
  const { guest } = plan;
  if (guest === null) throw new HostError('NO_GUEST', 'A plan of a machine that runs already cannot be booted');
  await sweepLeftovers();
  const { kernels, troubles } = await buildKernels(plan.variants, {
    cacheDir: workspace.cacheDir,
    offline,
    signal,
    emit,
  });
  const [trouble] = troubles;
  if (trouble !== undefined) throw new BuildError('NO_KERNEL', `${trouble.variant}: ${trouble.message}`);
  const lab = await openLab(Object.values(kernels)[0] as Kernel, {
    workspace,
    offline,
    accelerator: plan.accelerator,
    signal,
    emit,
  });
  const dedicated = await dedicate(guest, lab.decision.accelerator);
  emit({ kind: 'phase', name: 'host', detail: 'looking whether its cores stand still' });
  const store = await LatencyStore.create(workspace.resultsDir, {
    plan,
    versions: await toolVersions(signal),
    kernels: Object.fromEntries(Object.entries(kernels).map(([id, kernel]) => [id, kernel.record])),
    accelerator: lab.decision,
    host: {
      ...latencyHostFacts(),
      coresStood: await coresStood(dedicated.cores ?? (await allowedCores()), signal),
      ...dedicated.facts,
    },
  });
  emit({ kind: 'phase', name: 'run', detail: store.dir });
  const blocks = new LatencyBlocks(store, {
    accelerator: lab.decision.accelerator,
    count: plan.instructions ? (arm) => countUntilClaim(kernels[arm.variant] as Kernel, lab, signal) : null,
    measure: (arm, workload, logs) =>
      measureBoot(kernels[arm.variant] as Kernel, guest, workload, logs, { lab, signal, dedicated }),
    signal,
    emit,
  });
  return blocks.run();
}
