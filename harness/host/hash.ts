// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** sha256 of a text (as UTF-8) or of bytes, hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** sha256 of a value through its JSON text; the order of keys counts. */
export function sha256Json(value: unknown): string {
  return sha256(JSON.stringify(value));
}

/** sha256 of a file's content, hexadecimal, streamed. Rejects with the file system's own error. */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, signal === undefined ? {} : { signal });
  return hash.digest('hex');
}

/** Passes bytes on and hashes them; `digest`, sha256 in hexadecimal, is to be called after the last byte. */
export function sha256Tap(): { readonly tap: Transform; digest(): string } {
  const hash = createHash('sha256');
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      next(null, chunk);
    },
  });
  return { tap, digest: () => hash.digest('hex') };
}
