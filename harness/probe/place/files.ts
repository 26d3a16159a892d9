// SPDX-License-Identifier: GPL-2.0-only
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readTextIfExists, withHostErrors, writeFileAtomic } from '../../host/files.ts';
import type { ExploredPath, PointResult } from '../../model/interleave.ts';
import type { RawFiles } from '../../model/probe.ts';
import { appendJsonLine, cutToWholeLines, readJsonLines, readRawJson } from '../raw-json.ts';
import type { StepFiles } from '../stage.ts';
import { exploredPath, pointResult } from './shapes.ts';

export const PATH = 'path.json';
export const POINTS = 'points.jsonl';
const WAITS = 'waits.json';
const CONSOLE = /^console\.(\d+)\.log$/;

/** What an exploration has left so far. */
export interface ReadPoints {
  /** As the last guest stepped it; null when none did. */
  readonly path: ExploredPath | null;
  readonly results: readonly PointResult[];
}

/**
 * Reads `path.json` and `points.jsonl`. Whole lines only: the last one may have been cut.
 *
 * @throws HostError `RUN_UNREADABLE` naming the line that is no result.
 */
export async function readPoints(files: Pick<RawFiles, 'text' | 'path'>): Promise<ReadPoints> {
  return {
    path: await readRawJson(files, PATH, exploredPath),
    results: await readJsonLines(files, POINTS, pointResult),
  };
}

/** Names of the calls by which the contender waits in the step's kernel; null where nobody asked for them. */
export async function readWaits(files: Pick<RawFiles, 'text' | 'path'>): Promise<readonly string[] | null> {
  return readRawJson(files, WAITS, z.array(z.string()).readonly());
}

/** Numbered consoles, one a guest, in their order. */
export async function consoleNames(files: Pick<RawFiles, 'names'>): Promise<string[]> {
  const number = (name: string): number => Number(CONSOLE.exec(name)?.[1]);
  return (await files.names()).filter((name) => CONSOLE.test(name)).sort((a, b) => number(a) - number(b));
}

/** The same files of a step that is being made. */
export class PointWriter {
  private constructor(private readonly files: StepFiles) {}

  /** Takes up what an earlier start left: a line that it cut is removed, for the next one would continue it. */
  static async open(files: StepFiles): Promise<PointWriter> {
    await cutToWholeLines(files, POINTS);
    return new PointWriter(files);
  }

  /** Results that were kept, and the number of guests that left a console. */
  async kept(): Promise<{ readonly results: readonly PointResult[]; readonly guests: number }> {
    const path = (name: string): string => this.files.path(name);
    const { results } = await readPoints({ path, text: (name) => readTextIfExists(path(name)) });
    const guests = await consoleNames({ names: () => readdir(dirname(path(POINTS))) });
    return { results, guests: guests.length };
  }

  async writePath(path: ExploredPath): Promise<void> {
    await this.#write(PATH, path);
  }

  async writeWaits(waits: readonly string[]): Promise<void> {
    await this.#write(WAITS, waits);
  }

  async #write(name: string, value: unknown): Promise<void> {
    const file = this.files.path(name);
    await withHostErrors(`store ${name}`, file, () => writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`));
  }

  /** A point is kept as soon as it is known. */
  async append(result: PointResult): Promise<void> {
    await appendJsonLine(this.files, POINTS, result);
  }

  /** Raw console of the n-th guest, 0-based. */
  consoleLog(guest: number): string {
    return this.files.path(`console.${guest}.log`);
  }
}
