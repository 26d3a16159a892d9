// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, withHostErrors } from '../host/files.ts';
import { HostError, UsageError } from '../model/errors.ts';
import type { RunVerdict, Step, StepEnd } from '../model/probe.ts';
import type { Plan } from '../model/plan.ts';
import { seeded, type RunHeader } from '../model/run.ts';
import { publishFolder, writeDurably } from './atomic.ts';
import type { KindTable } from './kinds.ts';
import { isPartial, LOCK_FILE, partialName, PROGRESS_FILE, RUN_FILES, STEP_FILES, toJson } from './layout.ts';
import { manifestLine, readManifest, type ManifestLine } from './manifest.ts';
import { rawPath } from './raw-files.ts';
import { readHeader } from './reader.ts';
import { newRunId } from './run-id.ts';
import { writeSums } from './sums.ts';
import type { SymbolRecord } from './symbols.ts';

/** What a run is started with; the store adds its name, its time and, where the plan names none, its seed. */
export interface NewRun extends Omit<RunHeader, 'schema' | 'id' | 'startedAt' | 'plan'> {
  readonly plan: Plan;
}

/** Ids that one millisecond may try before something else must be wrong. */
const ID_ATTEMPTS = 10;

/** Makes the folder of a new run below `resultsDir`. @throws HostError when the disk is full or refuses. */
export async function createRun(
  resultsDir: string,
  run: NewRun,
  { now = new Date(), newId = newRunId }: { readonly now?: Date; readonly newId?: (now: Date) => string } = {},
): Promise<RunWriter> {
  const id = await withHostErrors('start a run', resultsDir, () => claimFolder(resultsDir, () => newId(now)));
  const header = { schema: 2, id, startedAt: now.toISOString(), ...run, plan: seeded(run.plan, id) } as const;
  const writer = new RunWriter(join(resultsDir, id), header, []);
  await writer.update({});
  await writer.writeManifest();
  return writer;
}

/** mkdir is what makes an id unique between two runs at once. */
async function claimFolder(resultsDir: string, newId: () => string): Promise<string> {
  await mkdir(resultsDir, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const id = newId();
    try {
      await mkdir(join(resultsDir, id));
      await mkdir(join(resultsDir, id, RUN_FILES.steps));
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === ID_ATTEMPTS) throw error;
    }
  }
}

/**
 * Opens a run that was stopped, to go on where it was: what followed from its steps is removed, a step that was under
 * way will be made again in the folder that it has.
 *
 * @throws UsageError `RUN_COMPLETE` for a run that nothing stopped; HostError `RUN_UNREADABLE`.
 */
export async function reopenRun(dir: string, kinds: KindTable): Promise<RunWriter> {
  const header = await readHeader(dir, kinds);
  const lines = await readManifest(dir);
  const stopped = header.troubles.some(({ fault }) => fault === 'interrupted' || fault === 'host');
  if (!stopped && (await exists(join(dir, RUN_FILES.sums)))) {
    throw new UsageError('RUN_COMPLETE', `Run ${header.id} came to its end: there is nothing to resume`, {
      hint: `swaprace report ${header.id}`,
    });
  }
  for (const name of [RUN_FILES.sums, RUN_FILES.verdict, RUN_FILES.report]) await rm(join(dir, name), { force: true });
  const writer = new RunWriter(dir, { ...header, troubles: [] }, lines);
  await writer.forgetUnended();
  await writer.update({});
  return writer;
}

/** A run that is being written. One process owns it. */
export class RunWriter {
  #header: RunHeader;
  #lines: readonly ManifestLine[];

  constructor(
    /** Absolute path of the run's folder. */
    readonly dir: string,
    header: RunHeader,
    lines: readonly ManifestLine[],
  ) {
    this.#header = header;
    this.#lines = lines;
  }

  /** run.json as it stands. */
  get header(): RunHeader {
    return this.#header;
  }

  /** Changes run.json: kernels that were built, an accelerator that was chosen, a trouble that came up. */
  async update(change: Partial<Omit<NewRun, 'plan'>>): Promise<void> {
    this.#header = { ...this.#header, ...change };
    await writeDurably(join(this.dir, RUN_FILES.run), toJson(this.#header));
  }

  /**
   * Begins a step: a line of the manifest, and a private folder for its raw files, which holds what an earlier start of
   * the same step left.
   *
   * @throws HostError `STEP_EXISTS`: a step is made once.
   */
  async begin(step: Step): Promise<OpenStep> {
    const line = manifestLine(step);
    const steps = join(this.dir, RUN_FILES.steps);
    const final = join(steps, line.hash);
    if (await exists(final)) throw new HostError('STEP_EXISTS', `The step ${line.text} is already stored in ${final}`);
    const partial = join(steps, partialName(line.hash));
    await withHostErrors('start a step', partial, async () => {
      await appendDurably(join(this.dir, RUN_FILES.manifest), `${line.text}\n`);
      await mkdir(partial, { recursive: true });
    });
    this.#lines = [...this.#lines, line];
    return new OpenStep(line, partial, final);
  }

  /** Takes lines of steps that did not end from the manifest; their folders stay. */
  async forgetUnended(): Promise<void> {
    const ended: ManifestLine[] = [];
    for (const line of this.#lines) if (await exists(join(this.dir, RUN_FILES.steps, line.hash))) ended.push(line);
    this.#lines = ended;
    await this.writeManifest();
  }

  async writeManifest(): Promise<void> {
    await writeDurably(join(this.dir, RUN_FILES.manifest), this.#lines.map(({ text }) => `${text}\n`).join(''));
  }

  /**
   * Writes what the run came to, and sums over everything. A step that was stopped keeps its folder, so that the run
   * can be resumed.
   */
  async finish(verdict: RunVerdict, report: string): Promise<void> {
    const steps = join(this.dir, RUN_FILES.steps);
    const known = new Set(this.#lines.map(({ hash }) => partialName(hash)));
    for (const name of (await readdir(steps)).filter(isPartial)) {
      await rm(join(steps, name, PROGRESS_FILE), { force: true });
      const left = await readdir(join(steps, name));
      if (!known.has(name) || left.length === 0) await rm(join(steps, name), { recursive: true, force: true });
    }
    await writeDurably(join(this.dir, RUN_FILES.verdict), toJson(verdict));
    await writeDurably(join(this.dir, RUN_FILES.report), report);
    // Locked until the very end; the sums are over what stays.
    await rm(join(this.dir, LOCK_FILE), { force: true });
    await writeSums(this.dir);
  }
}

async function appendDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A step that is being made: its raw files come as they come, the rest with `commit`. */
export class OpenStep {
  constructor(
    private readonly line: ManifestLine,
    /** Exists and is private to this step. */
    readonly dir: string,
    private readonly final: string,
  ) {}

  /** Absolute path of a raw file. @throws HostError `NOT_A_RAW_FILE`. */
  path(name: string): string {
    return rawPath(this.dir, name);
  }

  /**
   * Writes what the step came to and lets it appear under its own name. The raw files must be closed.
   *
   * @returns that name.
   * @throws HostError when the disk is full or refuses.
   */
  async commit(end: StepEnd, finding: unknown, symbols: SymbolRecord): Promise<string> {
    const write = (name: string, value: unknown) => writeDurably(join(this.dir, name), toJson(value));
    await rm(join(this.dir, PROGRESS_FILE), { force: true });
    await write(STEP_FILES.symbols, symbols);
    await write(STEP_FILES.finding, finding);
    await write(STEP_FILES.step, { step: this.line.step, end });
    await publishFolder(this.dir, this.final);
    return this.line.hash;
  }
}
