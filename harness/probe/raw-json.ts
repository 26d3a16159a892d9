// SPDX-License-Identifier: GPL-2.0-only
/** Raw files of a step that hold JSON: one value, or one a line, which is kept as soon as it is known. */
import { appendFile, truncate } from 'node:fs/promises';
import { z } from 'zod';
import { readBytesIfExists, withHostErrors } from '../host/files.ts';
import { HostError } from '../model/errors.ts';
import type { RawFiles } from '../model/probe.ts';
import type { StepFiles } from './stage.ts';

type Reading = Pick<RawFiles, 'text' | 'path'>;

/** The value of a file; null when there is none. @throws HostError `RUN_UNREADABLE`. */
export async function readRawJson<T>(files: Reading, name: string, shape: z.ZodType<T>): Promise<T | null> {
  const text = await files.text(name);
  return text === null ? null : parsed(shape, text, files.path(name));
}

/** Whole lines only: the last one may have been cut. @throws HostError `RUN_UNREADABLE` naming the line. */
export async function readJsonLines<T>(files: Reading, name: string, shape: z.ZodType<T>): Promise<T[]> {
  const text = (await files.text(name)) ?? '';
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line, at) => parsed(shape, line, `${files.path(name)}: line ${at + 1}`));
}

export async function appendJsonLine(files: StepFiles, name: string, value: unknown): Promise<void> {
  const file = files.path(name);
  await withHostErrors('store a line', file, () => appendFile(file, `${JSON.stringify(value)}\n`));
}

/** Removes a line that an earlier start cut, for the next one would continue it. */
export async function cutToWholeLines(files: StepFiles, name: string): Promise<void> {
  const file = files.path(name);
  const bytes = await readBytesIfExists(file);
  const whole = bytes === null ? 0 : bytes.lastIndexOf('\n') + 1;
  if (bytes !== null && whole < bytes.length) await truncate(file, whole);
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
