// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { HostError } from '../model/errors.ts';

/** Parses a JSON file of a known shape. @throws HostError `RUN_UNREADABLE` */
export async function readJson<T>(path: string, shape: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new HostError('RUN_UNREADABLE', `Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new HostError('RUN_UNREADABLE', `Cannot read ${path}: ${z.prettifyError(parsed.error)}`);
}
