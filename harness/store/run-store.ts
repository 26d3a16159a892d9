// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, withHostErrors } from '../host/files.ts';
import { HostError } from '../model/errors.ts';
import type { ExplorationRecord } from '../model/exploration.ts';
import type { RaceMap } from '../model/interleave.ts';
import type { Evidence, RunRecord, TrialRecord } from '../model/trial.ts';
import type { RunVerdict, TrialVerdict } from '../model/verdict.ts';
import { publishFolder, writeDurably } from '../results/atomic.ts';
import { ExplorationFiles } from './exploration-files.ts';
import { isPartial, partialName, RUN_FILES, toJson, TRIAL_FILES } from './layout.ts';
import { newRunId } from '../results/run-id.ts';
import type { StoredEvidence } from './schema.ts';
import { writeSums } from '../results/sums.ts';

/** What a run is started with; the store adds its name and its time. */
export type NewRun = Omit<RunRecord, 'schema' | 'id' | 'startedAt'>;

/** What is known of a trial once it has ended. */
export interface FinishedTrial {
  readonly record: TrialRecord;
  /** QEMU's command line; empty when it was never started. */
  readonly argv: readonly string[];
  readonly evidence: Evidence;
  readonly verdict: TrialVerdict;
}

/** Ids that one millisecond may try before something else must be wrong. */
const ID_ATTEMPTS = 10;

/**
 * Makes the folder of a new run below `resultsDir` and writes its run.json.
 *
 * @throws HostError when the disk is full or refuses.
 */
export async function createRun(
  resultsDir: string,
  run: NewRun,
  { now = new Date(), newId = newRunId }: { readonly now?: Date; readonly newId?: (now: Date) => string } = {},
): Promise<RunStore> {
  const id = await withHostErrors('start a run', resultsDir, () => claimFolder(resultsDir, () => newId(now)));
  const store = new RunStore(join(resultsDir, id), { schema: 1, id, startedAt: now.toISOString(), ...run });
  await store.update({});
  return store;
}

/** mkdir is what makes an id unique between two runs at once. */
async function claimFolder(resultsDir: string, newId: () => string): Promise<string> {
  await mkdir(resultsDir, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const id = newId();
    try {
      await mkdir(join(resultsDir, id));
      await mkdir(join(resultsDir, id, RUN_FILES.trials));
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === ID_ATTEMPTS) throw error;
    }
  }
}

/** A run that is being written. One process owns it. */
export class RunStore {
  #record: RunRecord;

  constructor(
    /** Absolute path of the run's folder. */
    readonly dir: string,
    record: RunRecord,
  ) {
    this.#record = record;
  }

  /** run.json as it stands. */
  get record(): RunRecord {
    return this.#record;
  }

  /** Changes run.json: kernels that were built, an accelerator that was chosen, a trouble that came up. */
  async update(change: Partial<NewRun>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    await writeDurably(join(this.dir, RUN_FILES.run), toJson(this.#record));
  }

  /**
   * A private folder for the raw files of a trial.
   *
   * @throws HostError `TRIAL_EXISTS`: a trial is written once.
   */
  async openTrial(id: string): Promise<OpenTrial> {
    const final = join(this.dir, RUN_FILES.trials, id);
    if (await exists(final)) throw new HostError('TRIAL_EXISTS', `Trial ${id} is already stored in ${final}`);
    const partial = join(this.dir, RUN_FILES.trials, partialName(id));
    await withHostErrors(`start trial ${id}`, partial, async () => {
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial);
    });
    return new OpenTrial(partial, final);
  }

  /** A private folder for an exploration. @throws HostError when the disk is full or refuses. */
  async openExploration(id: string): Promise<OpenExploration> {
    const folder = join(this.dir, RUN_FILES.explorations);
    const open = new OpenExploration(join(folder, partialName(id)), join(folder, id));
    await open.files.create();
    return open;
  }

  /**
   * Writes what the run came to, and sums over everything. Nothing may be written after it. A trial still open is none.
   */
  async finish(verdict: RunVerdict, report: string): Promise<void> {
    for (const folder of [RUN_FILES.trials, RUN_FILES.explorations]) await removePartial(join(this.dir, folder));
    await writeDurably(join(this.dir, RUN_FILES.verdict), toJson(verdict));
    await writeDurably(join(this.dir, RUN_FILES.report), report);
    await writeSums(this.dir);
  }
}

async function removePartial(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (isPartial(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** An exploration that is being written; it appears under its own name with `commit`. */
export class OpenExploration {
  readonly files: ExplorationFiles;

  constructor(
    partial: string,
    private readonly final: string,
  ) {
    this.files = new ExplorationFiles(partial);
  }

  /** @throws HostError when the disk is full or refuses. */
  async commit(record: ExplorationRecord, map: RaceMap | null): Promise<void> {
    await this.files.finish(record, map);
    await publishFolder(this.files.dir, this.final);
  }

  /** Removes what was written so far. Idempotent; after `commit` it does nothing. */
  async discard(): Promise<void> {
    await rm(this.files.dir, { recursive: true, force: true });
  }
}

/** A trial that is being written: its raw files come as they come, the rest with `commit`. */
export class OpenTrial {
  constructor(
    /** Exists and is private to this trial. */
    readonly dir: string,
    private readonly final: string,
  ) {}

  /** Console bytes go here as they come. */
  get consoleLog(): string {
    return join(this.dir, TRIAL_FILES.console);
  }

  /** The workload's messages go here as they come. */
  get workloadLog(): string {
    return join(this.dir, TRIAL_FILES.workload);
  }

  /**
   * Writes everything that is known and lets the trial appear under its own name. The raw files must be closed.
   *
   * @throws HostError when the disk is full or refuses.
   */
  async commit({ record, argv, evidence, verdict }: FinishedTrial): Promise<void> {
    const { guestBuildId, exposure, unreportedExposure, consoleTruncated, consoleBytes } = evidence;
    const stored: StoredEvidence = { guestBuildId, exposure, unreportedExposure, consoleTruncated, consoleBytes };
    const write = (name: string, value: unknown) => writeDurably(join(this.dir, name), toJson(value));
    await withHostErrors(`store trial ${record.spec.id}`, this.dir, async () => {
      await appendFile(this.consoleLog, '');
      await appendFile(this.workloadLog, '');
    });
    await write(TRIAL_FILES.trial, record);
    await write(TRIAL_FILES.argv, argv);
    await write(TRIAL_FILES.evidence, stored);
    await write(TRIAL_FILES.splats, evidence.splats);
    await write(TRIAL_FILES.verdict, verdict);
    await publishFolder(this.dir, this.final);
  }

  /** Removes what was written so far. Idempotent; after `commit` it does nothing. */
  async discard(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
