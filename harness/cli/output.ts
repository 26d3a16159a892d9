// SPDX-License-Identifier: GPL-2.0-only
import { writeFile } from 'node:fs/promises';
import { UsageError } from '../model/errors.ts';

/** Writes what a person asked for into a file of their choice. @throws UsageError `OUTPUT_UNWRITABLE`. */
export async function writeOutput(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new UsageError('OUTPUT_UNWRITABLE', `Cannot write ${file}: ${(cause as Error).message}`, { cause });
  }
}
