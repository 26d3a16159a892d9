// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, readdir, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readBytesIfExists, readTextIfExists, withHostErrors, writeFileAtomic } from '../../host/files.ts';
import { HostError } from '../../model/errors.ts';
import type { ExploredPath } from '../../model/exploration.ts';
import type { PointResult } from '../../model/interleave.ts';
import type { RawFiles } from '../../model/probe.ts';
import type { StepFiles } from '../stage.ts';
import { exploredPath, pointResult } from './shapes.ts';

const PATH = 'path.json';
const POINTS = 'points.jsonl';
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
  const path = await files.text(PATH);
  const lines = wholeLines((await files.text(POINTS)) ?? '');
  return {
    path: path === null ? null : parsed(exploredPath, path, files.path(PATH)),
    results: lines.map((line, at) => parsed(pointResult, line, `${files.path(POINTS)}: line ${at + 1}`)),
  };
}

/** Numbered consoles, one a guest, in their order. */
export async function consoleNames(files: Pick<RawFiles, 'names'>): Promise<string[]> {
  const number = (name: string): number => Number(CONSOLE.exec(name)?.[1]);
  return (await files.names()).filter((name) => CONSOLE.test(name)).sort((a, b) => number(a) - number(b));
}

function wholeLines(text: string): string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
}

function parsed<T>(shape: z.ZodType<T>, text: string, where: string): T {
  const result = shape.safeParse(json(text));
  if (result.success) return result.data;
  throw new HostError('RUN_UNREADABLE', `Cannot read ${where}: ${z.prettifyError(result.error)}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The same files of a step that is being made. */
export class PointWriter {
  private constructor(private readonly files: StepFiles) {}

  /** Takes up what an earlier start left: a line that it cut is removed, for the next one would continue it. */
  static async open(files: StepFiles): Promise<PointWriter> {
    const file = files.path(POINTS);
    const bytes = await readBytesIfExists(file);
    const whole = bytes === null ? 0 : bytes.lastIndexOf('\n') + 1;
    if (bytes !== null && whole < bytes.length) await truncate(file, whole);
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
    const file = this.files.path(PATH);
    await withHostErrors('store a path', file, () => writeFileAtomic(file, `${JSON.stringify(path, null, 2)}\n`));
  }

  /** A point is kept as soon as it is known. */
  async append(result: PointResult): Promise<void> {
    const file = this.files.path(POINTS);
    await withHostErrors('store a point', file, () => appendFile(file, `${JSON.stringify(result)}\n`));
  }

  /** Raw console of the n-th guest, 0-based. */
  consoleLog(guest: number): string {
    return this.files.path(`console.${guest}.log`);
  }
}
