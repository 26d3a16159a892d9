// SPDX-License-Identifier: GPL-2.0-only
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { readBytesIfExists, withHostErrors } from '../../host/files.ts';
import { UsageError } from '../../model/errors.ts';

/** A trace is text of megabytes: it is kept packed, under its name with this behind it. */
const PACKED = '.gz';

/** Packs a trace in its place. @throws HostError when the disk is full or refuses. */
export async function packTrace(file: string): Promise<void> {
  const packed = await promisify(gzip)(await readFile(file));
  await withHostErrors('keep a trace', file, () => writeFile(`${file}${PACKED}`, packed));
  await rm(file);
}

/** The text of a trace that was packed; null when there is none. @throws UsageError `TRACE_DAMAGED`. */
export async function readTrace(file: string): Promise<string | null> {
  const packed = await readBytesIfExists(`${file}${PACKED}`);
  if (packed === null) return null;
  try {
    return (await promisify(gunzip)(packed)).toString();
  } catch (cause) {
    throw new UsageError('TRACE_DAMAGED', `${file}${PACKED} is not what was packed: ${(cause as Error).message}`, {
      cause,
    });
  }
}
