// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import tar, { type Header } from 'tar-stream';
import { HostError } from '../model/errors.ts';
import { diskFull, isDiskFull, readTextIfExists, syncToDisk, writeFileAtomic } from './files.ts';
import { sha256File } from './hash.ts';
import { run, start } from './process.ts';
import { makeTempDir } from './temp-dir.ts';

export interface DebOptions {
  /** Exact version; null takes what the archive offers now. */
  readonly version: string | null;
  /** Folder that keeps downloads. */
  readonly dir: string;
  readonly signal: AbortSignal;
}

/** A package that was downloaded. */
export interface Deb {
  /** Absolute path. */
  readonly file: string;
  readonly version: string;
  readonly sha256: string;
}

/**
 * Downloads a Debian package without installing it; any user may. apt checks what it fetched against the signed lists;
 * its sum is kept next to it.
 *
 * @throws HostError `DEB_DOWNLOAD_FAILED` with apt's message, `DISK_FULL`.
 */
export async function downloadDeb(name: string, options: DebOptions): Promise<Deb> {
  await mkdir(options.dir, { recursive: true });
  await using staging = await makeTempDir(options.dir, 'deb');
  const wanted = options.version === null ? name : `${name}=${options.version}`;
  // apt's sandbox user cannot write here, and a download has no privileges to drop.
  const result = await run('apt-get', ['-o', 'APT::Sandbox::User=', 'download', '-q', wanted], {
    cwd: staging.path,
    env: { LC_ALL: 'C' },
    signal: options.signal,
  });
  const [file] = (await readdir(staging.path)).filter((entry) => entry.endsWith('.deb'));
  if (result.exitCode !== 0 || file === undefined) {
    if (isDiskFull(result.stderr + result.stdout)) throw diskFull(`download ${wanted}`, options.dir);
    throw new HostError('DEB_DOWNLOAD_FAILED', `Cannot download the Debian package ${wanted}`, {
      hint: 'run `apt-get update`, and check that the archive is reachable',
      details: result.stderr.trim(),
    });
  }
  const [staged, target] = [join(staging.path, file), join(options.dir, file)];
  const sum = await sha256File(staged, options.signal);
  await syncToDisk(staged);
  await rename(staged, target);
  await writeFileAtomic(sumFile(target), `${sum}\n`);
  return { file: target, version: versionIn(target), sha256: sum };
}

/**
 * The newest downloaded package of this name whose content still has the sum of its download. What something else put
 * into the folder is not looked at.
 */
export async function findDeb(name: string, dir: string, signal: AbortSignal): Promise<Deb | null> {
  const files = await readdir(dir).catch(() => []);
  let newest: Deb | null = null;
  for (const entry of files.filter((one) => one.startsWith(`${name}_`) && one.endsWith('.deb'))) {
    const file = join(dir, entry);
    const sum = await sumOfDownload(file);
    if (sum === null || (await sha256File(file, signal)) !== sum) continue;
    const deb = { file, version: versionIn(file), sha256: sum };
    if (newest === null || (await isNewer(deb.version, newest.version, signal))) newest = deb;
  }
  return newest;
}

/** The sha256 that a package had when it was downloaded; null for one that came otherwise. */
export async function sumOfDownload(deb: string): Promise<string | null> {
  return /^[0-9a-f]{64}(?=\n$)/.exec((await readTextIfExists(sumFile(deb))) ?? '')?.[0] ?? null;
}

function sumFile(deb: string): string {
  return `${deb}.sha256`;
}

/** apt writes the colon of an epoch as %3a in file names. */
function versionIn(file: string): string {
  return decodeURIComponent(basename(file).split('_')[1] ?? 'unknown');
}

/** By Debian's order, which is not that of strings: 1.10 is newer than 1.9, and 1.0~rc1 older than 1.0. */
export async function isNewer(version: string, than: string, signal: AbortSignal): Promise<boolean> {
  return (await run('dpkg', ['--compare-versions', version, 'gt', than], { signal })).exitCode === 0;
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
