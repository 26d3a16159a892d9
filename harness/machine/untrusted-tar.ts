// SPDX-License-Identifier: GPL-2.0-only
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { GuestError } from '../model/errors.ts';

/**
 * Unpacks a tar stream that a guest made. A guest may be broken or hostile: only plain files and folders are taken,
 * names must stay below `localDir`, existing files are not replaced, and the whole is bounded.
 *
 * @throws GuestError `TAR_REFUSED` naming the entry, `TAR_TOO_LARGE`, `TAR_BROKEN`.
 */
export async function unpackUntrusted(stream: Readable, localDir: string, limitBytes: number): Promise<void> {
  const extract = tar.extract();
  const feeding = pipeline(stream, extract);
  feeding.catch(() => undefined);
  let total = 0;
  try {
    for await (const entry of extract) {
      const { name, type, size } = entry.header;
      total += size ?? 0;
      if (total > limitBytes) throw new GuestError('TAR_TOO_LARGE', `The guest sent more than ${limitBytes} bytes`);
      const target = safeTarget(localDir, name);
      if (type === 'directory') {
        await mkdir(target, { recursive: true });
        entry.resume();
      } else if (type === 'file') {
        await mkdir(dirname(target), { recursive: true });
        await pipeline(entry, createWriteStream(target, { flags: 'wx' }));
      } else {
        throw new GuestError(
          'TAR_REFUSED',
          `The guest sent ${name}, a ${type ?? 'thing'}: only files and folders are taken`,
        );
      }
    }
    await feeding;
  } catch (error) {
    if (error instanceof GuestError) throw error;
    throw new GuestError('TAR_BROKEN', `The guest's files did not arrive whole: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Where an entry goes; @throws GuestError `TAR_REFUSED` when that is not below `root`. */
function safeTarget(root: string, name: string): string {
  const clean = normalize(name);
  if (clean.startsWith(sep) || clean === '..' || clean.startsWith(`..${sep}`) || name.includes('\0')) {
    throw new GuestError('TAR_REFUSED', `The guest sent a file named ${JSON.stringify(name)}, which leaves the folder`);
  }
  return join(root, clean);
}
