// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, withHostErrors } from '../host/files.ts';
import { HostError } from '../model/errors.ts';
import type { LatencyBootRecord, LatencyRunRecord } from '../model/latency.ts';
import { publishFolder, writeDurably } from '../results/atomic.ts';
import { partialName, toJson } from './layout.ts';
import { newRunId } from '../results/run-id.ts';
import { writeSums } from '../results/sums.ts';

/** Names inside a latency run's folder. */
export const LATENCY_FILES = {
  run: 'latency.json',
  boots: 'boots',
  analysis: 'analysis.json',
  report: 'report.txt',
} as const;

/** Names inside `boots/<id>/`, beside what the guest's programs wrote. */
export const BOOT_FILES = {
  boot: 'boot.json',
  argv: 'argv.json',
  console: 'console.log',
  program: 'program.jsonl',
} as const;

export type NewLatencyRun = Omit<LatencyRunRecord, 'schema' | 'id' | 'startedAt' | 'ended'>;

/** A latency run that is being written. One process owns it. */
export class LatencyStore {
  #record: LatencyRunRecord;

  private constructor(
    /** Absolute path of the run's folder. */
    readonly dir: string,
    record: LatencyRunRecord,
  ) {
    this.#record = record;
  }

  /** Makes the folder of a new run below `resultsDir`. @throws HostError when the disk is full or refuses. */
  static async create(resultsDir: string, run: NewLatencyRun, now: Date = new Date()): Promise<LatencyStore> {
    const id = newRunId(now);
    const dir = join(resultsDir, id);
    await withHostErrors('start a run', resultsDir, () => mkdir(join(dir, LATENCY_FILES.boots), { recursive: true }));
    const store = new LatencyStore(dir, { schema: 2, id, startedAt: now.toISOString(), ...run, ended: null });
    await store.update({});
    return store;
  }

  get record(): LatencyRunRecord {
    return this.#record;
  }

  /** Changes latency.json. */
  async update(change: Partial<Omit<LatencyRunRecord, 'schema' | 'id' | 'startedAt'>>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    await writeDurably(join(this.dir, LATENCY_FILES.run), toJson(this.#record));
  }

  /** A private folder for the raw files of a boot. @throws HostError `BOOT_EXISTS`: a boot is written once. */
  async openBoot(id: string): Promise<OpenBoot> {
    const final = join(this.dir, LATENCY_FILES.boots, id);
    if (await exists(final)) throw new HostError('BOOT_EXISTS', `Boot ${id} is already stored in ${final}`);
    const partial = join(this.dir, LATENCY_FILES.boots, partialName(id));
    await withHostErrors(`start boot ${id}`, partial, () => mkdir(partial));
    return new OpenBoot(partial, final);
  }

  /** Writes what the run came to, and sums over everything. Nothing may be written after it. */
  async finish(analysis: unknown, report: string, ended: string): Promise<void> {
    await this.update({ ended });
    await writeDurably(join(this.dir, LATENCY_FILES.analysis), toJson(analysis));
    await writeDurably(join(this.dir, LATENCY_FILES.report), report);
    await writeSums(this.dir);
  }
}

/** A boot that is being written: its raw files come as they come, the rest with `commit`. */
export class OpenBoot {
  constructor(
    /** Exists and is private to this boot. */
    readonly dir: string,
    private readonly final: string,
  ) {}

  get consoleLog(): string {
    return join(this.dir, BOOT_FILES.console);
  }

  get programLog(): string {
    return join(this.dir, BOOT_FILES.program);
  }

  /**
   * Lets the boot appear under its own name. @returns its folder. @throws HostError when the disk is full or refuses.
   */
  async commit(record: LatencyBootRecord, argv: readonly string[]): Promise<string> {
    // A guest that never was has no console.
    await withHostErrors(`store boot ${record.boot.id}`, this.dir, () => appendFile(this.consoleLog, ''));
    await writeDurably(join(this.dir, BOOT_FILES.boot), toJson(record));
    await writeDurably(join(this.dir, BOOT_FILES.argv), toJson(argv));
    await publishFolder(this.dir, this.final);
    return this.final;
  }

  /** Removes what was written so far. Idempotent; after `commit` it does nothing. */
  async discard(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
