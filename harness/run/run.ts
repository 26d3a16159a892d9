// SPDX-License-Identifier: GPL-2.0-only
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { withHostErrors, writeFileAtomic } from '../host/files.ts';
import { acquireLock } from '../host/lock.ts';
import { sweepLeftovers } from '../host/temp-dir.ts';
import { buildKernels, type BuiltKernels } from '../lab/kernels.ts';
import { openLab, type Lab } from '../lab/lab.ts';
import { InterruptedError, SwapraceError, unsuppressed, UsageError } from '../model/errors.ts';
import type { ProgressListener } from '../model/events.ts';
import type { AcceleratorChoice } from '../model/guest.ts';
import type { Kernel, VariantSpec } from '../model/kernel.ts';
import { stepName, type ProbeSpec, type Step, type SymbolLookup } from '../model/probe.ts';
import type { Plan } from '../model/plan.ts';
import type { RunHeader, Trouble } from '../model/run.ts';
import type { ShownRun } from '../model/shown.ts';
import { hostFacts, toolVersions } from '../host/host-facts.ts';
import type { Workspace } from '../host/workspace.ts';
import type { AnyKind } from '../probe/stage.ts';
import { PROBES } from '../probe/table.ts';
import { reportText } from '../report/text.ts';
import { kindOf, type KindTable } from '../results/kinds.ts';
import { LOCK_FILE, PROGRESS_FILE } from '../results/layout.ts';
import { plannedStep } from '../results/planned.ts';
import { rawFiles } from '../results/raw-files.ts';
import { readSteps, type StoredStep } from '../results/reader.ts';
import { showRun } from '../results/show.ts';
import { recording } from '../results/symbols.ts';
import { judgeRun, seenOf } from '../results/verdict.ts';
import { createRun, reopenRun, type OpenStep, type RunWriter } from '../results/writer.ts';
import { kernelSymbols } from './symbols.ts';

export interface RunOptions {
  readonly workspace: Workspace;
  readonly offline: boolean;
  /** Overrides the plan's. */
  readonly accelerator?: AcceleratorChoice;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
  readonly kinds?: KindTable<AnyKind>;
  /** What a run does in addition to its steps; a test has its own. */
  readonly effects?: RunEffects;
  /** The command that repeats it but for its seed, where that is not one of the plan as it is. */
  readonly command?: string;
  /** What the command named instead of the plan's; the plan has it. */
  readonly seed?: number;
  /** The machine, where it is not the one that this program runs on. */
  readonly host?: Readonly<Record<string, string>>;
}

export interface RunEffects {
  build(variants: readonly VariantSpec[], options: RunOptions): Promise<BuiltKernels>;
  /** Null where no guest is booted: a machine that runs already is probed. */
  readonly openLab: ((kernel: Kernel, accelerator: AcceleratorChoice, options: RunOptions) => Promise<Lab>) | null;
  symbolsOf(kernel: Kernel, signal: AbortSignal): SymbolLookup;
}

export interface FinishedRun {
  readonly dir: string;
  readonly shown: ShownRun;
  readonly report: string;
}

const EFFECTS: RunEffects = {
  build: (variants, { workspace: { cacheDir }, offline, signal, emit }) =>
    buildKernels(variants, { cacheDir, offline, signal, emit }),
  openLab: (kernel, accelerator, { workspace, offline, signal, emit }) =>
    openLab(kernel, { workspace, offline, accelerator, signal, emit }),
  symbolsOf: ({ vmlinux }, signal) => kernelSymbols(vmlinux, signal),
};

/**
 * Runs a plan: builds its kernels, makes the steps of each probe until it asks for no more, and judges. The run's
 * folder is whole and audited whatever stops it on the way; what stopped it is among its troubles and in its exit
 * status.
 *
 * @param planFile null for a plan that a command made: its text is kept with the run.
 * @throws HostError when results cannot be written at all.
 */
export async function runPlan(plan: Plan, planFile: string | null, options: RunOptions): Promise<FinishedRun> {
  const { workspace, signal } = options;
  await sweep(options);
  const writer = await createRun(workspace.resultsDir, {
    planFile: planFile ?? PLAN_FILE,
    plan,
    versions: await toolVersions(signal),
    kernels: {},
    accelerator: null,
    host: options.host ?? hostFacts(),
    commands: [],
    troubles: [],
  });
  const kept = planFile ?? (await keepPlan(writer));
  const seed = plan.seed === null ? writer.header.plan.seed : options.seed;
  await writer.update({ planFile: kept, commands: [repeatCommand(kept, options, seed)] });
  await using _lock = await lockRun(writer.dir, options);
  return await new Run(writer, options).toItsEnd();
}

/**
 * Goes on with a run that was stopped: with the step at which it was, in the folder that this step has.
 *
 * @throws UsageError `RUN_COMPLETE`, `OLDER_LAYOUT`; HostError `RUN_UNREADABLE`.
 */
export async function resumeRun(dir: string, options: RunOptions): Promise<FinishedRun> {
  await sweep(options);
  const kinds = options.kinds ?? PROBES;
  await using _lock = await lockRun(dir, options);
  const writer = await reopenRun(dir, kinds);
  const steps = await readSteps(dir, writer.header, kinds);
  options.emit({ kind: 'note', message: `resuming: ${steps.length} steps already made` });
  return await new Run(writer, options, steps).toItsEnd();
}

/** In the run's folder. */
const PLAN_FILE = 'plan.yaml';

async function keepPlan(writer: RunWriter): Promise<string> {
  const planFile = join(writer.dir, PLAN_FILE);
  await withHostErrors('store a plan', planFile, () => writeFileAtomic(planFile, writer.header.plan.text));
  return planFile;
}

/** A run that is being written has one owner; its lock goes with it. */
async function lockRun(dir: string, { signal, emit }: RunOptions): Promise<AsyncDisposable> {
  const path = join(dir, LOCK_FILE);
  const onWait = (): void => emit({ kind: 'note', message: `waiting: another process writes ${dir}` });
  const lock = await acquireLock(path, { purpose: `running ${dir}`, signal, onWait });
  return {
    [Symbol.asyncDispose]: async () => {
      await rm(path, { force: true });
      await lock[Symbol.asyncDispose]();
    },
  };
}

async function sweep({ emit }: RunOptions): Promise<void> {
  for (const path of await sweepLeftovers())
    emit({ kind: 'note', message: `removed ${path}, which a killed run had left` });
}

function repeatCommand(planFile: string, { command, accelerator }: RunOptions, seed: number | undefined): string {
  const accel = accelerator === undefined ? '' : ` --accel ${accelerator}`;
  return `${command ?? `scripts/run ${planFile}${accel}`}${seed === undefined ? '' : ` --seed ${seed}`}`;
}

/** One run on its way. */
class Run {
  readonly #steps: StoredStep[];
  readonly #troubles: Trouble[] = [];
  readonly #kinds: KindTable<AnyKind>;
  readonly #effects: RunEffects;

  constructor(
    private readonly writer: RunWriter,
    private readonly options: RunOptions,
    steps: readonly StoredStep[] = [],
  ) {
    this.#steps = [...steps];
    this.#kinds = options.kinds ?? PROBES;
    this.#effects = options.effects ?? EFFECTS;
  }

  async toItsEnd(): Promise<FinishedRun> {
    this.options.emit({ kind: 'phase', name: 'run', detail: this.writer.dir });
    try {
      await this.#execute();
    } catch (error) {
      this.#troubles.push(troubleOf(unsuppressed(error)));
    }
    await this.writer.update({ troubles: this.#troubles });
    const verdict = judgeRun(this.writer.header, this.#steps, this.#kinds);
    const shown = showRun({ header: this.writer.header, steps: this.#steps, verdict }, this.#kinds);
    const report = reportText(shown);
    await this.writer.finish(verdict, report);
    return { dir: this.writer.dir, shown, report };
  }

  async #execute(): Promise<void> {
    const { plan } = this.writer.header;
    const wanted = new Set(plan.probes.flatMap(({ variants }) => variants));
    const variants = plan.variants.filter(({ id }) => wanted.has(id));
    const built = await this.#effects.build(variants, this.options);
    this.#troubles.push(...built.troubles);
    requireSameKernels(this.writer.header, built.kernels);
    const records = Object.entries(built.kernels).map(([id, { record }]) => [id, record] as const);
    await this.writer.update({ kernels: Object.fromEntries(records), troubles: this.#troubles });

    const [first] = Object.values(built.kernels);
    if (first === undefined) return;
    const { openLab } = this.#effects;
    const lab =
      openLab === null ? null : await openLab(first, this.options.accelerator ?? plan.accelerator, this.options);
    await this.writer.update({ accelerator: lab?.decision ?? null });
    for (const probe of plan.probes) await this.#probe(probe, lab, built.kernels);
  }

  async #probe(probe: ProbeSpec, lab: Lab | null, kernels: BuiltKernels['kernels']): Promise<void> {
    for (;;) {
      this.options.signal.throwIfAborted();
      const step = plannedStep(this.writer.header, probe, seenOf(probe, this.#steps), this.#kinds);
      if (step === null) return;
      await this.#step(step, probe, lab, kernels[step.variant] as Kernel);
      await tick();
    }
  }

  async #step(step: Step, probe: ProbeSpec, lab: Lab | null, kernel: Kernel): Promise<void> {
    const { signal, emit } = this.options;
    const kind = kindOf(this.#kinds, probe.kind);
    const name = stepName(step);
    const open = await this.writer.begin(step);
    emit({ kind: 'step-start', step: name });
    const progress = progressOf(open, name, emit);
    const end = await kind.run(step, probe, {
      ...{ kernel, files: open, signal, emit, progress },
      get lab() {
        return lab ?? noGuests(probe);
      },
    });
    const { symbols, record } = recording(this.#effects.symbolsOf(kernel, signal));
    const derived: unknown = await kind.derive(step, probe, end, rawFiles(open.dir, symbols));
    // In the form in which it is read back.
    const finding = kind.finding.parse(JSON.parse(JSON.stringify(derived)));
    const hash = await open.commit(end, finding, record);
    const stored = { hash, step, end, finding };
    this.#steps.push(stored);
    emit({ kind: 'step-end', step: name, brief: kind.brief(probe, stored) });
  }
}

function noGuests({ kind }: ProbeSpec): never {
  throw new UsageError('NO_GUESTS', `A machine that runs already cannot be probed by ${kind}: it boots guests`, {
    hint: 'run the plan without --on',
  });
}

/** Between two notes of how far a step is. */
const PROGRESS_MS = 500;

/** For who looks at the folder while the step is made. */
function progressOf(open: OpenStep, step: string, emit: ProgressListener): (text: string) => void {
  let last = -Infinity;
  return (text) => {
    emit({ kind: 'step-progress', step, text });
    if (performance.now() - last < PROGRESS_MS) return;
    last = performance.now();
    writeFileSync(join(open.dir, PROGRESS_FILE), text);
  };
}

/** Steps of two kernels under one name are no run. */
function requireSameKernels({ id, kernels }: RunHeader, built: BuiltKernels['kernels']): void {
  for (const [variant, { id: kernel }] of Object.entries(kernels)) {
    const now = built[variant]?.id;
    if (now === kernel) continue;
    throw new UsageError(
      'KERNEL_CHANGED',
      `Cannot resume ${id}: the kernel of ${variant} is ${now ?? 'not built'}, it was ${kernel}`,
      { hint: 'run the plan again' },
    );
  }
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof SwapraceError) return { fault: error.fault, variant: null, message: error.message };
  if (error instanceof Error && error.name === 'AbortError') {
    return { fault: new InterruptedError('INTERRUPTED', '').fault, variant: null, message: 'Interrupted' };
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { fault: 'host', variant: null, message: `internal error: ${what}` };
}
