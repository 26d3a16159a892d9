// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { setImmediate as tick } from 'node:timers/promises';
import { addr2lineSymbolizer } from '../evidence/symbolize.ts';
import { sweepLeftovers } from '../host/temp-dir.ts';
import { HostError, InterruptedError, SwapraceError, unsuppressed } from '../model/errors.ts';
import type { ProgressListener } from '../model/events.ts';
import type { AcceleratorChoice } from '../model/guest.ts';
import type { PointResult } from '../model/interleave.ts';
import type { Kernel } from '../model/kernel.ts';
import { plannedExploration, type Exploration } from '../model/exploration.ts';
import type { InterleaveProbe, Plan, StressProbe } from '../model/plan.ts';
import { pointName } from '../model/race-map.ts';
import { plannedTrial } from '../model/planned-trial.ts';
import type { Evidence, TrialRecord, Trouble } from '../model/trial.ts';
import type { JudgedTrial, RunResult } from '../model/verdict.ts';
import { reportText } from '../report/text.ts';
import { deriveEvidence } from '../store/derive.ts';
import { createRun, type RunStore } from '../store/run-store.ts';
import { judgeRun } from '../verdict/judge-run.ts';
import { judgeTrial } from '../verdict/judge-trial.ts';
import { moreTrials } from '../verdict/more-trials.ts';
import { evidenceTools } from './audit.ts';
import { explorationOf, runExploration } from './exploration-run.ts';
import { hostFacts, toolVersions } from './host-facts.ts';
import { buildKernels } from '../lab/kernels.ts';
import { openLab, type Lab } from '../lab/lab.ts';
import { runTrial } from './trial.ts';
import type { Workspace } from './workspace.ts';

export interface RunOptions {
  readonly plan: Plan;
  readonly planFile: string;
  readonly workspace: Workspace;
  readonly offline: boolean;
  /** Overrides the plan's. */
  readonly accelerator?: AcceleratorChoice;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

export interface FinishedRun {
  readonly dir: string;
  readonly result: RunResult;
  readonly report: string;
}

/**
 * Runs a plan: builds its kernels, runs trials until the plan's confidence is reached or its budgets end, and judges.
 * The run's folder is whole and audited whatever stops it on the way; what stopped it is among its troubles and in its
 * exit status.
 *
 * @throws HostError when results cannot be written at all.
 */
export async function runPlan(options: RunOptions): Promise<FinishedRun> {
  const { plan, workspace, signal, emit } = options;
  for (const path of await sweepLeftovers())
    emit({ kind: 'note', message: `removed ${path}, which a killed run had left` });
  const store = await createRun(workspace.resultsDir, {
    planFile: options.planFile,
    plan,
    versions: await toolVersions(signal),
    kernels: {},
    accelerator: null,
    host: hostFacts(),
    commands: [repeatCommand(options)],
    troubles: [],
  });
  emit({ kind: 'phase', name: 'run', detail: store.dir });
  const run = new PlanRun(options, store);
  try {
    await run.execute();
  } catch (error) {
    run.trouble(error, null);
  }
  return run.finish();
}

function repeatCommand({ planFile, accelerator }: RunOptions): string {
  return ['scripts/run', planFile, ...(accelerator === undefined ? [] : ['--accel', accelerator])].join(' ');
}

/** One run on its way. */
class PlanRun {
  readonly #trials: JudgedTrial[] = [];
  readonly #explorations: Exploration[] = [];
  readonly #troubles: Trouble[] = [];
  #kernels: Readonly<Record<string, Kernel>> = {};

  constructor(
    private readonly options: RunOptions,
    private readonly store: RunStore,
  ) {}

  async execute(): Promise<void> {
    const { plan, workspace, offline, signal, emit } = this.options;
    const wanted = new Set([...plan.probes, ...plan.explorations].flatMap((probe) => probe.variants));
    const variants = plan.variants.filter(({ id }) => wanted.has(id));
    const built = await buildKernels(variants, { cacheDir: workspace.cacheDir, offline, signal, emit });
    this.#kernels = built.kernels;
    this.#troubles.push(...built.troubles);
    const records = Object.entries(built.kernels).map(([id, kernel]) => [id, kernel.record] as const);
    await this.store.update({ kernels: Object.fromEntries(records), troubles: this.#troubles });

    const [first] = Object.values(built.kernels);
    if (first === undefined) return;
    const accelerator = this.options.accelerator ?? plan.accelerator;
    const lab = await openLab(first, { workspace, offline, accelerator, signal, emit });
    await this.store.update({ accelerator: lab.decision });
    for (const probe of plan.probes) await this.#runProbe(probe, lab);
    for (const probe of plan.explorations) await this.#exploreProbe(probe, lab);
  }

  /** Something that is the harness's own affair; the run ends with its status. */
  trouble(error: unknown, variant: string | null): void {
    this.#troubles.push(troubleOf(unsuppressed(error), variant));
  }

  async finish(): Promise<FinishedRun> {
    await this.store.update({ troubles: this.#troubles });
    const verdict = judgeRun(this.options.plan, this.#trials, this.#troubles, this.#explorations);
    const result: RunResult = {
      record: this.store.record,
      trials: this.#trials,
      explorations: this.#explorations,
      verdict,
    };
    const report = reportText(result);
    await this.store.finish(verdict, report);
    return { dir: this.store.dir, result, report };
  }

  async #runProbe(probe: StressProbe, lab: Lab): Promise<void> {
    const { alpha } = this.options.plan;
    for (;;) {
      this.options.signal.throwIfAborted();
      const next = moreTrials(probe, this.#trials, { alpha, unavailable: this.#unavailable(probe) });
      if (next.kind === 'stop') return;
      await this.#runOne(probe, next.variant, next.index, lab);
      await tick();
    }
  }

  async #exploreProbe(probe: InterleaveProbe, lab: Lab): Promise<void> {
    const { signal, emit } = this.options;
    for (const variant of probe.variants) {
      signal.throwIfAborted();
      const kernel = this.#kernels[variant];
      if (kernel === undefined) continue;
      const spec = plannedExploration(probe, variant, kernel);
      const open = await this.store.openExploration(spec.id);
      emit({ kind: 'phase', name: `exploring ${spec.id}`, detail: `${probe.path}, ${probe.hold} hold` });
      try {
        const onResult = ({ point, outcome }: PointResult): void =>
          emit({ kind: 'point', exploration: spec.id, point: pointName(point), outcome });
        const ended = await runExploration(spec, kernel, lab, open.files, { signal, onResult });
        await open.commit(ended.record, ended.map);
        this.#explorations.push(explorationOf(ended));
      } finally {
        await open.discard();
      }
    }
  }

  #unavailable(probe: StressProbe): Record<string, string> {
    const missing = probe.variants.filter((variant) => !(variant in this.#kernels));
    return Object.fromEntries(missing.map((variant) => [variant, 'its kernel could not be built']));
  }

  async #runOne(probe: StressProbe, variant: string, index: number, lab: Lab): Promise<void> {
    const { plan, signal, emit } = this.options;
    const kernel = this.#kernels[variant];
    if (kernel === undefined) throw new HostError('NO_KERNEL', `No kernel for ${variant}`);
    const spec = plannedTrial(plan, probe, variant, index, kernel);
    const startedAt = new Date().toISOString();
    const open = await this.store.openTrial(spec.id);
    emit({ kind: 'trial-start', trial: spec.id, done: this.#trials.length });
    try {
      const { end, guestBuildId, argv, bootMs } = await runTrial(spec, kernel, open, { lab, signal, emit });
      const endedAt = new Date().toISOString();
      const record: TrialRecord = {
        spec,
        end,
        meta: { startedAt, endedAt, accelerator: lab.decision.accelerator, guestBuildId, bootMs },
      };
      const [console, workload] = await Promise.all([readFile(open.consoleLog), readFile(open.workloadLog, 'utf8')]);
      const raw = deriveEvidence({ record, console, workload }, evidenceTools);
      const splats = await addr2lineSymbolizer(kernel.vmlinux).symbolize(raw.splats, signal);
      const evidence: Evidence = { ...raw, splats };
      const verdict = judgeTrial(evidence, plan.target);
      await open.commit({ record, argv, evidence, verdict });
      this.#trials.push({ evidence, verdict });
      emit({ kind: 'trial-end', trial: spec.id, verdict });
    } finally {
      await open.discard();
    }
  }
}

function troubleOf(error: unknown, variant: string | null): Trouble {
  if (error instanceof SwapraceError) return { fault: error.fault, variant, message: error.message };
  if (error instanceof Error && error.name === 'AbortError') {
    return { fault: new InterruptedError('INTERRUPTED', '').fault, variant, message: 'Interrupted' };
  }
  return {
    fault: 'host',
    variant,
    message: `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  };
}
