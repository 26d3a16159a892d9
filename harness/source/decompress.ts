// SPDX-License-Identifier: GPL-2.0-only
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { HostError, SourceError } from '../model/errors.ts';
import { errnoOf } from '../host/files.ts';
import { keepTail, start } from '../host/process.ts';
import { unpackTree, type UnpackOptions } from './untar.ts';

const BY_SUFFIX: readonly (readonly [RegExp, Compression])[] = [
  [/\.tar$/, { kind: 'none' }],
  [/\.(tar\.gz|tgz)$/, { kind: 'gzip' }],
  [/\.(tar\.xz|txz)$/, { kind: 'program', program: 'xz' }],
  [/\.(tar\.zst|tzst)$/, { kind: 'program', program: 'zstd' }],
  [/\.(tar\.bz2|tbz2?)$/, { kind: 'program', program: 'bzip2' }],
];

export type Compression =
  | { readonly kind: 'none' }
  | { readonly kind: 'gzip' }
  /** A program that takes -dc. */
  | { readonly kind: 'program'; readonly program: string };

/** The compression of a tar archive, by its name. @throws SourceError `ARCHIVE_UNKNOWN`. */
export function compressionOf(name: string): Compression {
  const known = BY_SUFFIX.find(([suffix]) => suffix.test(name));
  if (known !== undefined) return known[1];
  throw new SourceError('ARCHIVE_UNKNOWN', `Cannot unpack ${name}: its name does not show how it is compressed`, {
    hint: 'name it .tar, .tar.gz, .tar.xz, .tar.zst or .tar.bz2',
  });
}

/** A plain stream, and a promise that all of it arrived undamaged; await it after the last byte. */
export interface Decompressed {
  readonly output: Readable;
  readonly sound: Promise<void>;
}

/**
 * Decompresses a stream.
 *
 * `sound` rejects with SourceError `ARCHIVE_BROKEN` when the data is damaged, HostError `PROGRAM_MISSING` without the
 * program.
 */
export function decompress(
  input: Readable,
  compression: Compression,
  label: string,
  signal: AbortSignal,
): Decompressed {
  switch (compression.kind) {
    case 'none':
      return { output: input, sound: Promise.resolve() };
    case 'gzip': {
      const gunzip = createGunzip();
      return {
        output: gunzip,
        sound: watched(pipeline(input, gunzip, { signal }).catch((error: unknown) => fail(label, error))),
      };
    }
    case 'program':
      return throughProgram(input, compression.program, label, signal);
  }
}

function throughProgram(input: Readable, program: string, label: string, signal: AbortSignal): Decompressed {
  const child = start(program, ['-dc'], { signal });
  const complaint = keepTail(child.stderr);
  // When the program stops reading early, its exit status says why; EPIPE does not.
  const feeding = pipeline(input, child.stdin).catch((error: unknown) =>
    errnoOf(error) === 'EPIPE' ? undefined : fail(label, error),
  );
  const ending = child.then((result) => {
    signal.throwIfAborted();
    if (result.exitCode === 0) return;
    if ((result as { code?: string }).code === 'ENOENT') throw missing(program, label);
    fail(label, new Error(complaint().trim() || `${program} ended with ${result.exitCode ?? result.signal}`));
  });
  return { output: child.stdout, sound: watched(Promise.all([ending, feeding]).then(() => undefined)) };
}

/** The promise is awaited late; until then its rejection is not unhandled. */
function watched(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}

function fail(label: string, error: unknown): never {
  if (error instanceof SourceError || errnoOf(error) !== null) throw error;
  throw new SourceError('ARCHIVE_BROKEN', `Cannot unpack ${label}: ${(error as Error).message}`, {
    hint: 'the archive is damaged or incomplete: fetch it again',
    cause: error,
  });
}

function missing(program: string, label: string): HostError {
  return new HostError('PROGRAM_MISSING', `Cannot unpack ${label}: ${program} is not installed`, {
    hint: '`scripts/run --setup-only` installs what is missing, `swaprace doctor` lists it',
  });
}

/**
 * Decompresses a tar archive into an empty folder.
 *
 * @param name the archive's name, which says how it is compressed.
 * @returns the number of files.
 */
export async function unpackArchive(
  input: Readable,
  name: string,
  dir: string,
  options: UnpackOptions,
): Promise<number> {
  const { output, sound } = decompress(input, compressionOf(name), options.label, options.signal);
  const [unpacked, checked] = await Promise.allSettled([unpackTree(output, dir, options), sound]);
  // A program that is missing explains the empty tar; a refused entry explains the program's broken pipe.
  if (checked.status === 'rejected' && checked.reason instanceof HostError) throw checked.reason;
  if (unpacked.status === 'rejected') throw unpacked.reason;
  if (checked.status === 'rejected') throw checked.reason;
  return unpacked.value;
}
