// SPDX-License-Identifier: GPL-2.0-only
import { analyse, analysePrimary, type LatencyAnalysis } from '../../probe/latency/analysis/analyse.ts';
import type { AnalysedBoot } from '../../probe/latency/analysis/arms-of-run.ts';
import { blockOf, reasonToEnd } from '../../probe/latency/design.ts';
import { latencyReport } from '../../probe/latency/show/report.ts';
import { HostError, SwapraceError } from '../../model/errors.ts';
import type { ProgressListener } from '../../model/events.ts';
import type { SessionResult } from '../../model/guest-end.ts';
import type {
  Arm,
  ArmRole,
  HostSnapshot,
  LatencyBootRecord,
  LatencyRunRecord,
  LatencyWorkload,
  PlannedBoot,
} from '../../model/latency.ts';
import type { LatencyStore } from '../../store/latency-store.ts';
import type { LatencyLogs } from './boot.ts';
import { deriveBoot } from './derive.ts';
import { watchHost } from './host.ts';

export interface BlockOptions {
  readonly accelerator: LatencyBootRecord['accelerator'];
  /** Measures one replicate of an arm. */
  readonly measure: (arm: Arm, workload: LatencyWorkload, logs: LatencyLogs) => Promise<SessionResult>;
  /**
   * Counts the instructions of one fault of an arm's kernel; null where the plan does not ask, or nothing can be
   * stepped.
   */
  readonly count: ((arm: Arm) => Promise<number>) | null;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

export interface FinishedLatencyRun {
  readonly dir: string;
  readonly record: LatencyRunRecord;
  readonly analysis: LatencyAnalysis;
  readonly report: string;
}

/** Arms that are compared by what a fault executes. */
const COUNTED: readonly ArmRole[] = ['variant', 'null'];

interface MeasuredBoot {
  readonly boot: AnalysedBoot;
  readonly host: HostSnapshot;
}

/** The blocks of one run, until there is a reason to end. */
export class LatencyBlocks {
  readonly #boots: AnalysedBoot[] = [];
  readonly #hosts: HostSnapshot[] = [];

  constructor(
    private readonly store: LatencyStore,
    private readonly options: BlockOptions,
  ) {}

  /** Measures, and finishes the run's folder. @throws HostError when evidence could not be kept. */
  async run(): Promise<FinishedLatencyRun> {
    const ended = await this.#measureBlocks();
    const { plan } = this.store.record;
    const analysis = analyse(plan, this.#boots);
    const record: LatencyRunRecord = { ...this.store.record, ended };
    const report = latencyReport(record, analysis, this.#hosts);
    await this.store.finish(analysis, report, ended);
    return { dir: this.store.dir, record, analysis, report };
  }

  /** @returns why no further block was made. */
  async #measureBlocks(): Promise<string> {
    const { plan } = this.store.record;
    const begun = performance.now();
    for (let block = 0; ; block++) {
      const analysis = analysePrimary(plan, this.#boots);
      const reason = reasonToEnd(plan.budget, {
        blocks: block,
        elapsedSeconds: (performance.now() - begun) / 1000,
        analysis,
      });
      if (reason !== null) return reason;
      try {
        // A block counts whole or not at all: half of one would not be balanced.
        const measured: MeasuredBoot[] = [];
        for (const planned of blockOf(plan, block)) measured.push(await this.#boot(planned));
        this.#boots.push(...measured.map(({ boot }) => boot));
        this.#hosts.push(...measured.map(({ host }) => host));
      } catch (error) {
        if (!this.options.signal.aborted) throw error;
        return `interrupted in block ${block}`;
      }
    }
  }

  async #boot(planned: PlannedBoot): Promise<MeasuredBoot> {
    const { plan, kernels } = this.store.record;
    const { accelerator, measure, signal, emit } = this.options;
    signal.throwIfAborted();
    const arm = plan.arms.find(({ id }) => id === planned.arm) as Arm;
    const kernel = kernels[arm.variant];
    if (kernel === undefined) throw new HostError('NO_KERNEL', `No kernel for ${arm.variant}`);
    const workload = { ...plan.workload, mode: arm.mode, seed: planned.seed };
    const open = await this.store.openBoot(planned.id);
    const startedAt = new Date().toISOString();
    const host = watchHost();
    try {
      const logs = { consoleLog: open.consoleLog, programLog: open.programLog, dir: open.dir };
      const { argv, ...result } = await measure(arm, workload, logs);
      const record: LatencyBootRecord = {
        boot: planned,
        arm,
        kernelId: kernel.id,
        buildId: kernel.buildId,
        workload,
        ...result,
        startedAt,
        endedAt: new Date().toISOString(),
        accelerator,
        host: host(),
        instructions: await this.#count(arm),
      };
      const boot = await deriveBoot(await open.commit(record, argv), record);
      emit({ kind: 'phase', name: `boot ${planned.id}`, detail: told(boot) });
      return { boot, host: record.host };
    } finally {
      await open.discard();
    }
  }

  /** A fault that could not be stepped leaves the boot without this one figure. */
  async #count(arm: Arm): Promise<number | null> {
    const { count, signal, emit } = this.options;
    if (count === null || !COUNTED.includes(arm.role)) return null;
    try {
      return await count(arm);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SwapraceError) || error instanceof HostError) throw error;
      emit({ kind: 'note', message: `No instructions of ${arm.id}: ${error.message}` });
      return null;
    }
  }
}

function told({ result }: AnalysedBoot): string {
  if ('kind' in result) return `${result.cause}: ${result.reason}`;
  return `${result.swapoffs} swapoffs of ${(result.swapoffUs / 1000).toFixed(2)} ms, ${result.inside.total} wake-ups within horizons`;
}
