// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { readTextIfExists, withHostErrors } from '../host/files.ts';
import type { Exploration, ExplorationRecord, ExploredPath } from '../model/exploration.ts';
import type { PointResult, RaceMap } from '../model/interleave.ts';
import { writeDurably } from '../results/atomic.ts';
import { EXPLORATION_FILES, toJson } from './layout.ts';
import { readJson } from '../results/read-json.ts';
import * as schema from './schema-exploration.ts';

/**
 * The folder of one exploration: `path.json` and `points.jsonl` are raw and written as they come, so that one that was
 * stopped can go on; `map.json` follows from them.
 */
export class ExplorationFiles {
  constructor(readonly dir: string) {}

  /** Raw console of the exploration's n-th guest, 0-based. */
  consoleLog(guest: number): string {
    return join(this.dir, `console.${guest}.log`);
  }

  async create(): Promise<void> {
    await withHostErrors('store an exploration', this.dir, () => mkdir(this.dir, { recursive: true }));
  }

  async writePath(path: ExploredPath): Promise<void> {
    await writeDurably(this.#file('path'), toJson(path));
  }

  /** A point is kept as soon as it is known. */
  async append(result: PointResult): Promise<void> {
    await withHostErrors('store a point', this.dir, () =>
      appendFile(this.#file('points'), `${JSON.stringify(result)}\n`),
    );
  }

  async finish(record: ExplorationRecord, map: RaceMap | null): Promise<void> {
    await withHostErrors('store an exploration', this.dir, () => appendFile(this.#file('points'), ''));
    await writeDurably(this.#file('exploration'), toJson(record));
    if (map !== null) await writeDurably(this.#file('map'), toJson(map));
  }

  readRecord(): Promise<ExplorationRecord> {
    return readJson(this.#file('exploration'), schema.explorationRecord);
  }

  /** Null when no path was stepped. */
  readPath(): Promise<ExploredPath | null> {
    return this.#ifThere('path', schema.exploredPath);
  }

  readMap(): Promise<RaceMap | null> {
    return this.#ifThere('map', schema.raceMap);
  }

  /**
   * Whole lines only: the last one may have been cut. @throws HostError `RUN_UNREADABLE` for a line that is no result.
   */
  async readPoints(): Promise<PointResult[]> {
    const text = (await readTextIfExists(this.#file('points'))) ?? '';
    const lines = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '');
    return schema.parsePoints(lines, this.#file('points'));
  }

  async #ifThere<T>(name: keyof typeof EXPLORATION_FILES, shape: z.ZodType<T>): Promise<T | null> {
    return (await readTextIfExists(this.#file(name))) === null ? null : readJson(this.#file(name), shape);
  }

  #file(name: keyof typeof EXPLORATION_FILES): string {
    return join(this.dir, EXPLORATION_FILES[name]);
  }
}

/** A stored exploration as judging and reporting take it. */
export async function readExploration(dir: string): Promise<Exploration> {
  const files = new ExplorationFiles(dir);
  const { spec, end } = await files.readRecord();
  return { spec, end, map: await files.readMap() };
}
