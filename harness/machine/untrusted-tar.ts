// SPDX-License-Identifier: GPL-2.0-only
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { ArchiveNames } from '../host/archive-names.ts';
import { GuestError } from '../model/errors.ts';

/**
 * Unpacks a tar stream that a guest made. A guest may be broken or hostile: only plain files and folders are taken,
 * names stay below `localDir`, existing files are not replaced, and the total size is bounded.
 *
 * @throws GuestError `TAR_REFUSED` naming the entry, `TAR_TOO_LARGE`, `TAR_BROKEN`.
 */
export async function unpackUntrusted(stream: Readable, localDir: string, limitBytes: number): Promise<void> {
  const extract = tar.extract();
  const feeding = pipeline(stream, extract);
  feeding.catch(() => undefined);
  const names = new ArchiveNames();
  let total = 0;
  try {
    for await (const entry of extract) {
      const { name, type, size } = entry.header;
      total += size ?? 0;
      if (total > limitBytes) throw new GuestError('TAR_TOO_LARGE', `The guest sent more than ${limitBytes} bytes`);
      const admitted = names.admit(name);
      if ('refused' in admitted) throw refuse(name, admitted.refused);
      const target = join(localDir, admitted.name);
      if (type === 'directory') {
        await mkdir(target, { recursive: true });
        entry.resume();
      } else if (type === 'file') {
        await mkdir(dirname(target), { recursive: true });
        await pipeline(entry, createWriteStream(target, { flags: 'wx' }));
      } else {
        throw refuse(name, `it is a ${type ?? 'thing of unknown type'}`);
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

function refuse(name: string, why: string): GuestError {
  return new GuestError('TAR_REFUSED', `Cannot take ${JSON.stringify(name)} from the guest: ${why}`);
}
