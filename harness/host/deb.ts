// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import tar, { type Header } from 'tar-stream';
import { HostError } from '../model/errors.ts';
import { run, start } from './process.ts';

export interface DebOptions {
  /** Exact version; null takes what the archive offers now. */
  readonly version: string | null;
  /** Folder that keeps downloads. */
  readonly dir: string;
  readonly signal: AbortSignal;
}

/**
 * Downloads a Debian package without installing it; any user may.
 *
 * @returns absolute path of the .deb below `dir`.
 * @throws HostError `DEB_DOWNLOAD_FAILED` with apt's message.
 */
export async function downloadDeb(name: string, options: DebOptions): Promise<string> {
  await mkdir(options.dir, { recursive: true });
  const staging = await mkdtemp(join(options.dir, 'partial-'));
  try {
    const wanted = options.version === null ? name : `${name}=${options.version}`;
    // apt's sandbox user cannot write here, and a download has no privileges to drop.
    const result = await run('apt-get', ['-o', 'APT::Sandbox::User=', 'download', '-q', wanted], {
      cwd: staging,
      signal: options.signal,
    });
    const [file] = (await readdir(staging)).filter((entry) => entry.endsWith('.deb'));
    if (result.exitCode !== 0 || file === undefined) {
      throw new HostError('DEB_DOWNLOAD_FAILED', `Cannot download the Debian package ${wanted}`, {
        hint: 'run `apt-get update`, and check that the archive is reachable',
        details: result.stderr.trim(),
      });
    }
    const target = join(options.dir, file);
    await rename(join(staging, file), target);
    return target;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

export interface DebEntry {
  readonly header: Header;
  /** Must be consumed or resumed before the next entry comes. */
  readonly stream: Readable;
}

/**
 * The files inside a .deb, streamed in archive order; names are without the leading `./`.
 *
 * @throws HostError `DEB_UNREADABLE` when dpkg-deb or the archive fails.
 */
export async function* debEntries(deb: string, signal: AbortSignal): AsyncGenerator<DebEntry> {
  const child = start('dpkg-deb', ['--fsys-tarfile', deb], { signal });
  child.stderr.resume();
  const extract = tar.extract();
  child.stdout.pipe(extract);
  try {
    for await (const entry of extract) {
      yield {
        header: { ...entry.header, name: entry.header.name.replace(/^\.\//, '') },
        stream: entry as unknown as Readable,
      };
    }
    const result = await child;
    if (result.exitCode !== 0) throw new Error(`dpkg-deb ended with ${result.exitCode ?? result.signal}`);
  } catch (cause) {
    signal.throwIfAborted();
    throw new HostError('DEB_UNREADABLE', `Cannot read ${deb}: ${(cause as Error).message}`, {
      hint: `rm ${deb}, and start again`,
      cause,
    });
  } finally {
    // A consumer may stop early; dpkg-deb would then wait for a reader for ever.
    child.stdout.destroy();
    child.kill('SIGKILL');
    await child;
  }
}

/** A package that is installed here. */
export interface InstalledDeb {
  readonly version: string;
  /** Absolute paths of its files and folders. */
  readonly files: readonly string[];
}

/** Null when the package is not installed, and on a system without dpkg. */
export async function installedDeb(name: string, signal: AbortSignal): Promise<InstalledDeb | null> {
  const query = async (...args: string[]): Promise<string | null> => {
    const result = await run('dpkg-query', args, { signal }).catch(() => null);
    return result?.exitCode === 0 ? result.stdout : null;
  };
  const status = await query('-W', '-f', '${db:Status-Status} ${Version}', name);
  const version = /^installed (\S+)$/.exec(status ?? '')?.[1];
  const listing = version === undefined ? null : await query('-L', name);
  return version === undefined || listing === null
    ? null
    : { version, files: listing.split('\n').filter((path) => path.startsWith('/')) };
}
