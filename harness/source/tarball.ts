// SPDX-License-Identifier: GPL-2.0-only
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { SourceSpec, SourceTree } from '../model/kernel.ts';
import { HostError, SourceError } from '../model/errors.ts';
import { errnoOf, exists } from '../host/files.ts';
import { sha256, sha256File } from '../host/hash.ts';
import { cacheTempDir } from '../host/temp-dir.ts';
import { compressionOf, unpackArchive } from './decompress.ts';
import { isUrl } from './spec.ts';
import { checkPin, findTree, makeTree, type SourceOptions } from './store.ts';

type TarballSpec = Extract<SourceSpec, { kind: 'tarball' }>;

/** Unpacks a tarball, once for its content: equal bytes under another name are the same tree. */
export async function prepareTarball(spec: TarballSpec, options: SourceOptions): Promise<SourceTree> {
  compressionOf(archiveName(spec.location));
  const file = isUrl(spec.location) ? await download(spec, options) : spec.location;
  const digest = await hashOf(file, options.signal);
  checkPin(spec.location, spec.sha256, digest);
  const id = `tar-${digest.slice(0, 16)}`;
  const lookup = () => findTree(id, options);
  return (
    (await lookup()) ??
    makeTree(archiveName(spec.location), options, lookup, async (dir) => {
      const label = spec.location;
      await unpackArchive(createReadStream(file, { highWaterMark: 1 << 20 }), archiveName(spec.location), dir, {
        label,
        signal: options.signal,
      });
      return { id, provenance: { kind: 'tarball', location: spec.location, sha256: digest } };
    })
  );
}

function archiveName(location: string): string {
  return basename(isUrl(location) ? new URL(location).pathname : location);
}

async function hashOf(file: string, signal: AbortSignal): Promise<string> {
  try {
    return await sha256File(file, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EISDIR') throw error;
    throw new SourceError('SOURCE_MISSING', `Cannot unpack ${file}: there is no such file`, {
      hint: 'check the path after tarball:',
      cause: error,
    });
  }
}

/** Fetches a URL once: released kernels do not change. A file with a wrong sum is discarded. */
async function download(spec: TarballSpec, { cacheDir, offline, signal, onEvent }: SourceOptions): Promise<string> {
  const folder = join(cacheDir, 'downloads');
  const name = archiveName(spec.location);
  const target = join(folder, `${sha256(`${spec.location} ${spec.sha256 ?? ''}`).slice(0, 12)}-${name}`);
  if (await exists(target)) return target;
  if (offline) {
    throw new SourceError('SOURCE_MISSING', `Cannot use ${spec.location} offline: it is not in the cache`, {
      hint: `run once without --offline, or fetch it elsewhere and use tarball:PATH`,
    });
  }
  onEvent({ kind: 'phase', name: 'source', detail: `fetching ${spec.location}` });
  await mkdir(folder, { recursive: true });
  await using staging = await cacheTempDir(cacheDir, 'download');
  const partial = join(staging.path, name);
  await fetchTo(spec.location, partial, signal);
  checkPin(spec.location, spec.sha256, await sha256File(partial, signal));
  await rename(partial, target);
  return target;
}

async function fetchTo(url: string, file: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw unreachable(url, (error as { cause?: unknown }).cause ?? error);
  });
  if (response.status === 404 || response.status === 410) {
    throw new SourceError('SOURCE_MISSING', `Cannot fetch ${url}: the server answered ${response.status}`, {
      hint: 'check the address',
    });
  }
  if (!response.ok || response.body === null)
    throw unreachable(url, new Error(`the server answered ${response.status}`));
  const expected = Number(response.headers.get('content-length') ?? Number.NaN);
  const encoded = response.headers.has('content-encoding');
  const target = createWriteStream(file);
  try {
    await pipeline(Readable.fromWeb(response.body as ReadableStream), target, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw errnoOf(error) === 'ENOSPC' ? error : unreachable(url, error);
  }
  if (!encoded && Number.isFinite(expected) && target.bytesWritten !== expected) {
    throw unreachable(url, new Error(`only ${target.bytesWritten} of ${expected} bytes arrived`));
  }
}

function unreachable(url: string, cause: unknown): HostError {
  return new HostError('FETCH_FAILED', `Cannot fetch ${url}: ${(cause as Error).message ?? String(cause)}`, {
    hint: 'check the network, or fetch it elsewhere and use tarball:PATH',
    cause,
  });
}
