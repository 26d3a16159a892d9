// SPDX-License-Identifier: GPL-2.0-only
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { SourceSpec, SourceTree } from '../model/kernel.ts';
import { HostError, SourceError } from '../model/errors.ts';
import { debEntries, downloadDeb, installedDeb, isNewer, sumOfDownload } from '../host/deb.ts';
import { exists, parseNote, readTextIfExists, writeFileAtomic } from '../host/files.ts';
import { sha256File, sha256Tap } from '../host/hash.ts';
import { run, tail } from '../host/process.ts';
import { unpackArchive } from './decompress.ts';
import { formatSourceSpec } from './spec.ts';
import { checkPin, findTree, makeTree, type Filled, type SourceOptions } from './store.ts';

type DebSpec = Extract<SourceSpec, { kind: 'deb' }>;

/** `sources/<package>_<version>.json`: which tree a package version holds. */
const unpackedSchema = z.object({
  id: z.string().regex(/^tar-[0-9a-f]{16}$/),
  /** Null for an installed package, whose .deb is not there. */
  debSha256: z.string().nullable(),
});

/** The kernel's archive inside a source package: Debian has it below usr/src, Ubuntu a folder deeper. */
const ARCHIVE = /(?:^|\/)usr\/src\/(?:[^/]+\/)?linux-[^/]*\.tar\.(?:xz|gz|bz2|zst)$/;

/**
 * Unpacks the tree of a Debian source package: of the installed one where that is the version, else of one that is
 * fetched as any user. What is pinned by its sum is fetched.
 */
export async function prepareDeb(spec: DebSpec, options: SourceOptions): Promise<SourceTree> {
  const version =
    spec.version ?? (options.offline ? await newestLocal(spec, options) : await archiveVersion(spec, options.signal));
  const label = `${spec.package} ${version}`;
  const lookup = () => findUnpacked(spec, version, options);
  return (
    (await lookup()) ??
    makeTree(label, options, lookup, async (dir) => {
      const { debSha256, sha256 } =
        (await unpackInstalled(spec, version, dir, label, options)) ??
        (await unpackFetched(spec, version, dir, label, options));
      const filled: Filled = {
        id: `tar-${sha256.slice(0, 16)}`,
        provenance: {
          kind: 'deb',
          package: spec.package,
          version,
          sha256,
          ...(debSha256 === null ? {} : { debSha256 }),
        },
      };
      const unpacked: z.infer<typeof unpackedSchema> = { id: filled.id, debSha256 };
      await writeFileAtomic(noteOf(spec, version, options.cacheDir), JSON.stringify(unpacked));
      return filled;
    })
  );
}

interface Sums {
  readonly debSha256: string | null;
  /** Of the compressed kernel archive. */
  readonly sha256: string;
}

async function unpackFetched(
  spec: DebSpec,
  version: string,
  dir: string,
  label: string,
  options: SourceOptions,
): Promise<Sums> {
  const deb = await obtainDeb(spec, version, options);
  const debSha256 = await sha256File(deb, options.signal);
  const downloaded = await sumOfDownload(deb);
  if (downloaded !== null && downloaded !== debSha256)
    throw new HostError('CACHE_DAMAGED', `Cannot use ${deb}: it has changed since it was downloaded`, {
      hint: `rm ${deb}, then run again`,
    });
  checkPin(deb, spec.sha256, debSha256);
  return { debSha256, sha256: await unpackDeb(deb, dir, label, options.signal) };
}

async function unpackInstalled(
  spec: DebSpec,
  version: string,
  dir: string,
  label: string,
  { signal, onEvent }: SourceOptions,
): Promise<Sums | null> {
  const installed = spec.sha256 === null ? await installedDeb(spec.package, signal) : null;
  const archive = installed?.files.find((path) => ARCHIVE.test(path));
  if (installed?.version !== version || archive === undefined || !(await exists(archive))) return null;
  onEvent({
    kind: 'phase',
    name: 'source',
    detail: `unpacking ${archive} of the installed ${spec.package} ${version}`,
  });
  return { debSha256: null, sha256: await unpackHashed(createReadStream(archive), archive, dir, label, signal) };
}

async function findUnpacked(spec: DebSpec, version: string, options: SourceOptions): Promise<SourceTree | null> {
  const note = parseNote(unpackedSchema, await readTextIfExists(noteOf(spec, version, options.cacheDir)));
  if (note === null) return null;
  const { id, debSha256 } = note;
  // A tree from an installed package cannot be checked against the sum of a .deb.
  if (spec.sha256 !== null && debSha256 === null) return null;
  checkPin(formatSourceSpec({ ...spec, version, sha256: null }), spec.sha256, debSha256 ?? '');
  return findTree(id, options);
}

function noteOf(spec: DebSpec, version: string, cacheDir: string): string {
  return join(cacheDir, 'sources', `${spec.package}_${version}.json`);
}

/** The version in the archive: the distribution's current point release. */
async function archiveVersion(spec: DebSpec, signal: AbortSignal): Promise<string> {
  const result = await run('apt-cache', ['show', '--no-all-versions', spec.package], { signal, env: { LC_ALL: 'C' } });
  const version = /^Version: (\S+)$/m.exec(result.stdout)?.[1];
  if (version !== undefined) return version;
  throw new SourceError('PACKAGE_UNKNOWN', `Cannot fetch ${formatSourceSpec(spec)}: apt knows no such package`, {
    hint: '`apt-get update` first; or name what there is (`apt-cache search linux-source`); or use tarball:',
    details: tail(result.stderr, 5),
  });
}

/** The newest version that was unpacked or fetched, or is installed. */
async function newestLocal(spec: DebSpec, { cacheDir, signal }: SourceOptions): Promise<string> {
  const unpacked = (await list(join(cacheDir, 'sources'))).map((name) => versionIn(name, spec.package, /\.json$/));
  const fetched = (await list(join(cacheDir, 'debs'))).map((name) => versionIn(name, spec.package, /_all\.deb$/));
  const installed = (await installedDeb(spec.package, signal))?.version ?? null;
  let newest: string | null = null;
  for (const version of [...unpacked, ...fetched, installed])
    if (version !== null && (newest === null || (await isNewer(version, newest, signal)))) newest = version;
  if (newest !== null) return newest;
  throw missingOffline(spec, cacheDir);
}

function versionIn(file: string, name: string, suffix: RegExp): string | null {
  if (!file.startsWith(`${name}_`) || !suffix.test(file)) return null;
  return decodeURIComponent(file.slice(name.length + 1).replace(suffix, ''));
}

async function obtainDeb(
  spec: DebSpec,
  version: string,
  { cacheDir, offline, signal, onEvent }: SourceOptions,
): Promise<string> {
  const dir = join(cacheDir, 'debs');
  // apt writes the colon of an epoch as %3a in file names.
  const fetched = join(dir, `${spec.package}_${version.replace(':', '%3a')}_all.deb`);
  if (await exists(fetched)) return fetched;
  if (offline) throw missingOffline({ ...spec, version }, cacheDir);
  onEvent({ kind: 'phase', name: 'source', detail: `fetching ${spec.package} ${version}` });
  return (await downloadDeb(spec.package, { version, dir, signal })).file;
}

function missingOffline(spec: DebSpec, cacheDir: string): SourceError {
  return new SourceError('SOURCE_MISSING', `Cannot use ${formatSourceSpec(spec)} offline: it is not in ${cacheDir}`, {
    hint: `run once without --offline, or put the .deb into ${join(cacheDir, 'debs')}`,
  });
}

/** @returns sha256 of the compressed kernel archive inside the package. */
async function unpackDeb(deb: string, dir: string, label: string, signal: AbortSignal): Promise<string> {
  try {
    for await (const { header, stream } of debEntries(deb, signal)) {
      if (header.type === 'file' && ARCHIVE.test(header.name))
        return await unpackHashed(stream, header.name, dir, label, signal);
      stream.resume();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SourceError || error instanceof HostError) throw error;
    throw new SourceError('ARCHIVE_BROKEN', `Cannot unpack ${deb}: ${(error as Error).message}`, {
      hint: `rm ${deb}, and start again`,
      cause: error,
    });
  }
  throw new SourceError('ARCHIVE_BROKEN', `Cannot unpack ${deb}: there is no kernel archive below usr/src`, {
    hint: 'name a linux-source package',
  });
}

async function unpackHashed(
  stream: Readable,
  name: string,
  dir: string,
  label: string,
  signal: AbortSignal,
): Promise<string> {
  const { tap, digest } = sha256Tap();
  stream.on('error', (error) => tap.destroy(error));
  await unpackArchive(stream.pipe(tap), basename(name), dir, { label, signal });
  return digest();
}

async function list(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => []);
}
