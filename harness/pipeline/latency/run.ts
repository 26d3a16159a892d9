import { sweepOrphans } from '../../host/private-dir.ts';
import { analyse, analysePrimary, type AnalysedBoot, type LatencyAnalysis } from '../../latency/analyse.ts';
import { blockOf, reasonToEnd } from '../../latency/design.ts';
import { latencyReport } from '../../latency/report.ts';
import { BuildError, HostError } from '../../model/errors.ts';
import type { ProgressListener } from '../../model/events.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { Arm, HostSnapshot, LatencyBootRecord, LatencyPlan, LatencyRunRecord, PlannedBoot } from '../../model/latency.ts';
import { LatencyStore } from '../../store/latency-store.ts';
import { toolVersions } from '../host-facts.ts';
import { buildKernels } from '../kernels.ts';
import { openLab, type Lab } from '../lab.ts';
import type { Workspace } from '../workspace.ts';
import { measureBoot } from './boot.ts';
import { deriveBoot } from './derive.ts';
import { latencyHostFacts, watchHost } from './host.ts';

export interface LatencyRunOptions {
  readonly plan: LatencyPlan;
  readonly workspace: Workspace;
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

export interface FinishedLatencyRun {
  readonly dir: string;
  readonly record: LatencyRunRecord;
  readonly analysis: LatencyAnalysis;
  readonly report: string;
}

/**
 * Runs a latency plan: builds its kernels, boots its arms block by block until the intervals are narrow enough or the
 * budget ends, and analyses. An interruption ends the run with the blocks that are whole; the folder is finished then,
 * too.
 *
 * @throws BuildError when a variant has no kernel; HostError when results cannot be written.
 */
export async function runLatency(options: LatencyRunOptions): Promise<FinishedLatencyRun> {
  const { plan, workspace, offline, signal, emit } = options;
  await sweepOrphans();
  const built = await buildKernels(plan.variants, { cacheDir: workspace.cacheDir, offline, signal, emit });
  const [trouble] = built.troubles;
  if (trouble !== undefined) throw new BuildError('NO_KERNEL', `${trouble.variant}: ${trouble.message}`);
  const lab = await openLab(Object.values(built.kernels)[0] as Kernel, { workspace, offline, accelerator: plan.accelerator, signal, emit });
  const store = await LatencyStore.create(workspace.resultsDir, {
    plan,
    versions: await toolVersions(signal),
    kernels: Object.fromEntries(Object.entries(built.kernels).map(([id, kernel]) => [id, kernel.record])),
    accelerator: lab.decision,
    host: latencyHostFacts(),
  });
  emit({ kind: 'phase', name: 'run', detail: store.dir });
  const run = new LatencyRun(options, built.kernels, lab, store);
  return run.finish(await run.execute());
}

interface MeasuredBoot {
  readonly boot: AnalysedBoot;
  readonly host: HostSnapshot;
}

/** One run on its way. */
class LatencyRun {
  readonly #boots: AnalysedBoot[] = [];
  readonly #hosts: HostSnapshot[] = [];

  constructor(
    private readonly options: LatencyRunOptions,
    private readonly kernels: Readonly<Record<string, Kernel>>,
    private readonly lab: Lab,
    private readonly store: LatencyStore,
  ) {}

  /** @returns why no further block was made. */
  async execute(): Promise<string> {
    const { plan, signal } = this.options;
    const begun = performance.now();
    for (let block = 0; ; block++) {
      const analysis = analysePrimary(plan, this.#boots);
      const reason = reasonToEnd(plan.budget, { blocks: block, elapsedSeconds: (performance.now() - begun) / 1000, analysis });
      if (reason !== null) return reason;
      try {
        // A block counts whole or not at all: half of one would not be balanced.
        const boots: MeasuredBoot[] = [];
        for (const planned of blockOf(plan, block)) boots.push(await this.#boot(planned));
        this.#boots.push(...boots.map(({ boot }) => boot));
        this.#hosts.push(...boots.map(({ host }) => host));
      } catch (error) {
        if (!signal.aborted) throw error;
        return `interrupted in block ${block}`;
      }
    }
  }

  async finish(ended: string): Promise<FinishedLatencyRun> {
    const { plan } = this.options;
    const analysis = analyse(plan, this.#boots);
    const record: LatencyRunRecord = { ...this.store.record, ended };
    const report = latencyReport(record, analysis, this.#hosts);
    await this.store.finish(analysis, report, ended);
    return { dir: this.store.dir, record, analysis, report };
  }

  async #boot(planned: PlannedBoot): Promise<MeasuredBoot> {
    const { plan, signal, emit } = this.options;
    signal.throwIfAborted();
    const arm = plan.arms.find(({ id }) => id === planned.arm) as Arm;
    const kernel = this.kernels[arm.variant];
    if (kernel === undefined) throw new HostError('NO_KERNEL', `No kernel for ${arm.variant}`);
    const workload = { ...plan.workload, mode: arm.mode, seed: planned.seed };
    const open = await this.store.openBoot(planned.id);
    const startedAt = new Date().toISOString();
    const host = watchHost();
    try {
      const logs = { consoleLog: open.consoleLog, programLog: open.programLog, dir: open.dir };
      const { argv, ...result } = await measureBoot(kernel, plan.guest, workload, logs, { lab: this.lab, signal });
      const record: LatencyBootRecord = {
        boot: planned,
        arm,
        kernelId: kernel.record.id,
        buildId: kernel.buildId,
        workload,
        ...result,
        startedAt,
        endedAt: new Date().toISOString(),
        accelerator: this.lab.decision.accelerator,
        host: host(),
      };
      const boot = await deriveBoot(await open.commit(record, argv), record);
      emit({ kind: 'phase', name: `boot ${planned.id}`, detail: told(boot) });
      return { boot, host: record.host };
    } finally {
      await open.discard();
    }
  }
}

function told({ result }: AnalysedBoot): string {
  if ('kind' in result) return `${result.cause}: ${result.reason}`;
  return `${result.swapoffs} swapoffs of ${(result.swapoffUs / 1000).toFixed(2)} ms, ${result.inside.total} wake-ups within horizons`;
}
