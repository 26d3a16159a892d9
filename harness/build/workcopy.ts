// SPDX-License-Identifier: GPL-2.0-only
import { lstat, mkdir, readFile, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { PatchedFile, PatchedFiles, SourceTree } from '../model/kernel.ts';
import { HostError, SourceError } from '../model/errors.ts';
import { exists, writeFileAtomic } from '../host/files.ts';
import { cacheTempDir } from '../host/temp-dir.ts';
import { changedFiles, copyInto } from '../host/tree-files.ts';
import type { BuildFolders } from './folders.ts';

/**
 * Makes the working copy hold exactly the pristine tree with `files` in place of its own. Only files whose content is
 * another now are written, so that make rebuilds what they change and nothing else.
 *
 * It relies on no record of what an earlier build or anything else did to the copy: it looks at every file.
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
  for (const name of files.keys()) await checkInside(folders.sourceDir, name);
  const changed = await changedFiles(tree.path, folders.sourceDir);
  const written: string[] = [];
  for (const name of [...new Set([...changed, ...files.keys()])].sort())
    if (await replace(folders.sourceDir, name, await wantedOf(tree, files, name))) written.push(name);
  return written;
}

/**
 * Looks whether the working copy is still what `materialise` made of it: else the kernel is not made of its sources.
 *
 * @throws HostError `CACHE_DAMAGED` naming the files.
 */
export async function checkCopy(tree: SourceTree, files: PatchedFiles, folders: BuildFolders): Promise<void> {
  const others: string[] = [];
  for (const name of new Set([...(await changedFiles(tree.path, folders.sourceDir)), ...files.keys()]))
    if (!same(await entryOf(join(folders.sourceDir, name)), await wantedOf(tree, files, name))) others.push(name);
  if (others.length === 0) return;
  throw new HostError(
    'CACHE_DAMAGED',
    `Cannot keep the kernel: something wrote to ${join(folders.sourceDir, others[0] ?? '')} while it was built`,
    { hint: 'run again: the working copy is put right', details: others.slice(0, 20).join('\n') },
  );
}

/** A copy: an editor, or a tool of the tree that writes in place, must not reach the pristine files. */
async function ensureCopy(
  tree: SourceTree,
  folders: BuildFolders,
  cacheDir: string,
  signal: AbortSignal,
): Promise<void> {
  if (await exists(folders.sourceDir)) return;
  await using staging = await cacheTempDir(cacheDir, 'work');
  await copyInto(staging.path, [tree.path], signal);
  await mkdir(dirname(folders.sourceDir), { recursive: true });
  await rename(join(staging.path, basename(tree.path)), folders.sourceDir);
}

type Entry = PatchedFile | { readonly link: string } | null;

async function wantedOf(tree: SourceTree, files: PatchedFiles, name: string): Promise<Entry> {
  const patched = files.get(name);
  return patched === undefined ? entryOf(join(tree.path, name)) : patched;
}

/** Null where there is no file. */
async function entryOf(path: string): Promise<Entry> {
  const stat = await lstat(path).catch(() => null);
  if (stat?.isSymbolicLink() === true) return { link: await readlink(path) };
  return stat?.isFile() === true ? { content: await readFile(path), executable: (stat.mode & 0o100) !== 0 } : null;
}

function same(one: Entry, other: Entry): boolean {
  if (one === null || other === null) return one === other;
  if ('link' in one || 'link' in other) return 'link' in one && 'link' in other && one.link === other.link;
  return one.executable === other.executable && Buffer.compare(one.content, other.content) === 0;
}

/** @returns whether anything was written. */
async function replace(root: string, name: string, wanted: Entry): Promise<boolean> {
  const path = join(root, name);
  if (same(await entryOf(path), wanted)) return false;
  await mkdir(dirname(path), { recursive: true });
  if (wanted !== null && !('link' in wanted)) {
    await writeFileAtomic(path, wanted.content, wanted.executable ? 0o755 : 0o644);
    return true;
  }
  await rm(path, { force: true });
  if (wanted !== null) await symlink(wanted.link, path);
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
