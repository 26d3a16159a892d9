// SPDX-License-Identifier: GPL-2.0-only
import { lstatSync, readFileSync, readlinkSync, type BigIntStats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HostError } from '../model/errors.ts';
import { diskFull, isDiskFull } from './files.ts';
import { sha256, sha256File, sha256Json } from './hash.ts';
import { run, tail } from './process.ts';

/** Files and symbolic links below a folder, in a fixed order, `.git` left out. */
export async function* filesBelow(root: string, below = ''): AsyncGenerator<string> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name === '.git') continue;
    if (entry.isDirectory()) yield* filesBelow(root, name);
    else if (entry.isFile() || entry.isSymbolicLink()) yield name;
  }
}

/** Names, sizes, inodes and change times: equal means that nobody wrote to the folder in between. */
export async function stateOfTree(root: string): Promise<string> {
  const lines: string[] = [];
  for await (const name of filesBelow(root)) {
    // Synchronous: 80,000 files take a second so, and many times that through the thread pool.
    const { mode, size, ino, ctimeNs, mtimeNs } = lstatSync(join(root, name), { bigint: true });
    lines.push([name, mode, size, ino, ctimeNs, mtimeNs].join('\0'));
  }
  return sha256(`${root}\n${lines.join('\n')}`);
}

/** sha256 over every name, kind and content. */
export async function contentOfTree(root: string, signal: AbortSignal): Promise<string> {
  const entries: unknown[] = [];
  for await (const name of filesBelow(root)) {
    const path = join(root, name);
    const stat = await lstat(path);
    entries.push(
      stat.isSymbolicLink()
        ? [name, 'link', await readlink(path)]
        : [name, (stat.mode & 0o100) !== 0, await sha256File(path, signal)],
    );
  }
  return sha256Json(entries);
}

/**
 * The files in which a copy of a tree, made with its dates, differs from it. Only files with other dates are read.
 */
export async function changedFiles(original: string, copy: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of filesBelow(original))
    if (!sameEntry(join(original, name), join(copy, name))) names.push(name);
  for await (const name of filesBelow(copy)) if (entryAt(join(original, name)) === undefined) names.push(name);
  return names;
}

function entryAt(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function sameEntry(one: string, other: string): boolean {
  const [a, b] = [entryAt(one), entryAt(other)];
  if (a === undefined || b === undefined) return false;
  if (a.isSymbolicLink() && b.isSymbolicLink()) return readlinkSync(one) === readlinkSync(other);
  if (!a.isFile() || !b.isFile() || a.size !== b.size || (a.mode & 0o100n) !== (b.mode & 0o100n)) return false;
  return a.mtimeNs === b.mtimeNs || Buffer.compare(readFileSync(one), readFileSync(other)) === 0;
}

/**
 * Copies files and folders into a folder with their dates; blocks are shared where the file system can. Not by hard
 * links: what writes into a copy must not change the original.
 *
 * @throws HostError `DISK_FULL`, `COPY_FAILED`.
 */
export async function copyInto(dir: string, paths: readonly string[], signal: AbortSignal): Promise<void> {
  const args = ['-a', '--reflink=auto', '--no-preserve=ownership', '-t', dir, '--', ...paths];
  const copied = await run('cp', args, { env: { LC_ALL: 'C' }, signal });
  if (copied.exitCode === 0) return;
  if (isDiskFull(copied.stderr)) throw diskFull(`copy to ${dir}`, dir);
  throw new HostError('COPY_FAILED', `Cannot copy to ${dir}: ${tail(copied.stderr, 1)}`, {
    hint: 'check the disk that holds the cache',
    details: tail(copied.stderr, 10),
  });
}
