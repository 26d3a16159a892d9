// SPDX-License-Identifier: GPL-2.0-only
import { open } from 'node:fs/promises';

/** The last bytes of a log, however long it is. */
export async function readTail(
  path: string,
  mostBytes: number,
): Promise<{ readonly bytes: Buffer; readonly omittedBytes: number }> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const omittedBytes = Math.max(0, size - mostBytes);
  const bytes = Buffer.alloc(size - omittedBytes);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, omittedBytes);
  return { bytes: bytes.subarray(0, bytesRead), omittedBytes };
}
