// SPDX-License-Identifier: GPL-2.0-only
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { withHostErrors } from '../../../host/files.ts';

/** Packs a trace that lies in `file`, which is removed. @throws HostError when the disk is full or refuses. */
export async function packTrace(file: string, packed: string): Promise<void> {
  const bytes = await promisify(gzip)(await readFile(file));
  await withHostErrors('keep a trace', packed, () => writeFile(packed, bytes));
  await rm(file);
}

/**
 * The text of a trace that was packed; null for none, and for one that is not what was packed: it is not read in part.
 */
export async function unpackTrace(packed: Uint8Array | null): Promise<string | null> {
  if (packed === null) return null;
  return promisify(gunzip)(packed).then(
    (text) => text.toString(),
    () => null,
  );
}
