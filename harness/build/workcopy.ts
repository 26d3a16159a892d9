// SPDX-License-Identifier: GPL-2.0-only
import { lstat, mkdir, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { PatchedFile, PatchedFiles, SourceTree } from '../model/kernel.ts';
import { HostError, SourceError } from '../model/errors.ts';
import { exists, isDiskFull, readBytesIfExists, readTextIfExists, writeFileAtomic } from '../host/files.ts';
import { run, tail } from '../host/process.ts';
import { cacheTempDir } from '../host/temp-dir.ts';
import type { BuildFolders } from './folders.ts';

/**
 * Makes the working copy hold exactly the pristine tree with `files` in place of its own. Only files whose content is
 * another now are written, so that make rebuilds what they change and nothing else.
 *
 * It relies on no record of what an earlier build left but the names it touched, which are written down before the
 * first file: a build that was killed in between is mended by the next.
 *
 * @returns names of the files that were written or removed, sorted.
 */
export async function materialise(
  tree: SourceTree,
  files: PatchedFiles,
  folders: BuildFolders,
  cacheDir: string,
  signal: AbortSignal,
): Promise<string[]> {
  await ensureCopy(tree, folders, cacheDir, signal);
  const before = await readTouched(folders.touchedFile);
  for (const name of files.keys()) await checkInside(folders.sourceDir, name);
  const names = [...new Set([...before, ...files.keys()])].sort();
  await writeFileAtomic(folders.touchedFile, JSON.stringify(names));
  const written: string[] = [];
  for (const name of names) {
    const patched = files.get(name);
    const wanted = patched === undefined ? await readState(join(tree.path, name)) : patched;
    if (await replace(folders.sourceDir, name, wanted)) written.push(name);
  }
  await writeFileAtomic(folders.touchedFile, JSON.stringify([...files.keys()].sort()));
  return written;
}

/** Hard links cost 2 s and no space; a file is replaced, never edited, so the pristine one keeps its content. */
async function ensureCopy(
  tree: SourceTree,
  folders: BuildFolders,
  cacheDir: string,
  signal: AbortSignal,
): Promise<void> {
  if (await exists(folders.sourceDir)) return;
  await using staging = await cacheTempDir(cacheDir, 'work');
  const copy = join(staging.path, 'work');
  const linked = await run('cp', ['-al', '--', tree.path, copy], { signal });
  if (linked.exitCode !== 0) {
    // A file system without hard links.
    await rm(copy, { recursive: true, force: true });
    await copyOrFail(tree.path, copy, signal);
  }
  await mkdir(dirname(folders.sourceDir), { recursive: true });
  await rename(copy, folders.sourceDir);
}

async function copyOrFail(from: string, to: string, signal: AbortSignal): Promise<void> {
  const copied = await run('cp', ['-a', '--reflink=auto', '--', from, to], { signal });
  if (copied.exitCode === 0) return;
  if (isDiskFull(copied.stderr)) throw Object.assign(new Error(tail(copied.stderr, 1)), { code: 'ENOSPC' });
  throw new HostError('COPY_FAILED', `Cannot copy ${from} to ${to}: ${tail(copied.stderr, 1)}`, {
    hint: 'check the disk that holds the cache',
  });
}

async function readTouched(file: string): Promise<string[]> {
  const text = await readTextIfExists(file);
  return text === null ? [] : (JSON.parse(text) as string[]);
}

async function readState(path: string): Promise<PatchedFile | null> {
  const content = await readBytesIfExists(path);
  return content === null ? null : { content, executable: ((await stat(path)).mode & 0o100) !== 0 };
}

/** @returns whether anything was written. */
async function replace(root: string, name: string, wanted: PatchedFile | null): Promise<boolean> {
  const path = join(root, name);
  const current = await readState(path);
  if (current === null && wanted === null) return false;
  if (
    current !== null &&
    wanted !== null &&
    current.executable === wanted.executable &&
    Buffer.compare(current.content, wanted.content) === 0
  )
    return false;
  await mkdir(dirname(path), { recursive: true });
  if (wanted === null) await unlink(path);
  else await writeFileAtomic(path, wanted.content, wanted.executable ? 0o755 : 0o644);
  return true;
}

/**
 * A tree may hold symbolic links to folders; a series must not read, write or make a folder through one to the outside.
 * Looks at the deepest folder of the name that there is.
 */
async function checkInside(root: string, name: string): Promise<void> {
  let folder = dirname(join(root, name));
  while (!(await isThere(folder))) folder = dirname(folder);
  // A link that leads nowhere would be followed by the folder that is made.
  const [top, parent] = await Promise.all([realpath(root), realpath(folder).catch(() => '')]);
  if (parent === top || parent.startsWith(top + sep)) return;
  throw new SourceError(
    'PATCH_INVALID',
    `Cannot apply a series: ${name} leads out of the tree through a symbolic link`,
    {
      hint: 'patch the file by its own name',
    },
  );
}

/** Also true for a symbolic link that leads nowhere. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
