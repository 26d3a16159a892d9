// SPDX-License-Identifier: GPL-2.0-only
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceSpec, SourceTree } from '../model/kernel.ts';
import { SourceError } from '../model/errors.ts';
import { errnoOf, exists, readTextIfExists, writeFileAtomic } from '../host/files.ts';
import { sha256, sha256File, sha256Json } from '../host/hash.ts';
import { closedEnvironment } from '../host/make.ts';
import { runOk } from '../host/process.ts';
import { findTree, makeTree, type SourceOptions } from './store.ts';

type DirSpec = Extract<SourceSpec, { kind: 'dir' }>;

/** Left by a build inside the tree; Kbuild refuses an out-of-tree build while they exist. */
const BUILD_LEFTOVERS = ['.config', 'include/config', 'include/generated', 'arch/x86/include/generated'];

/**
 * Takes a snapshot of a folder: copies, not hard links, so that an edit in the folder does not change a kernel that is
 * being built. An unchanged folder is not copied again.
 */
export async function prepareDir(spec: DirSpec, options: SourceOptions): Promise<SourceTree> {
  const seen = await stateOf(spec.path);
  const note = join(options.cacheDir, 'sources', `dir_${seen.slice(0, 16)}.json`);
  const lookup = async () => {
    const id = await readTextIfExists(note);
    return id === null ? null : findTree(options.cacheDir, id);
  };
  return (
    (await lookup()) ??
    makeTree(`dir:${spec.path}`, options, lookup, async (dir) => {
      await snapshot(spec.path, dir, options.signal);
      if ((await stateOf(spec.path)) !== seen) throw changedMeanwhile(spec.path);
      await cleanSnapshot(dir, options);
      const content = await contentOf(dir, options.signal);
      const id = `dir-${content.slice(0, 16)}`;
      await writeFileAtomic(note, id);
      return { id, provenance: { kind: 'dir', path: spec.path, sha256: content } };
    })
  );
}

async function snapshot(from: string, to: string, signal: AbortSignal): Promise<void> {
  const entries = (await readdir(from)).filter((name) => name !== '.git');
  await runOk(
    'cp',
    ['-a', '--reflink=auto', '--no-preserve=ownership', '-t', to, '--', ...entries.map((name) => join(from, name))],
    { signal },
  );
}

async function cleanSnapshot(dir: string, { signal, onEvent }: SourceOptions): Promise<void> {
  const left = await Promise.all(BUILD_LEFTOVERS.map((name) => exists(join(dir, name))));
  if (!left.includes(true)) return;
  onEvent({
    kind: 'note',
    message: 'The folder contains a build: the snapshot is cleaned, the folder is not touched',
  });
  const [file, ...args] = closedEnvironment(['make', '-s', '-C', dir, 'ARCH=x86_64', 'mrproper']);
  await runOk(file, args, { signal });
}

/** Names, sizes, inodes and change times: equal means that nobody wrote to the folder in between. */
async function stateOf(root: string): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const name of walk(root)) {
      const { mode, size, ino, ctimeNs, mtimeNs } = await lstat(join(root, name), { bigint: true });
      lines.push([name, mode, size, ino, ctimeNs, mtimeNs].join('\0'));
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
    if (await exists(join(root, '.'))) throw changedMeanwhile(root);
    throw new SourceError('SOURCE_MISSING', `Cannot use dir:${root}: there is no such folder`, {
      hint: 'check the path after dir:',
    });
  }
  return sha256(`${root}\n${lines.join('\n')}`);
}

/** sha256 over every name, kind and content. */
async function contentOf(root: string, signal: AbortSignal): Promise<string> {
  const entries: unknown[] = [];
  for await (const name of walk(root)) {
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

/** Files and symbolic links below a folder, in a fixed order, `.git` at the top left out. */
async function* walk(root: string, below = ''): AsyncGenerator<string> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (name === '.git') continue;
    if (entry.isDirectory()) yield* walk(root, name);
    else if (entry.isFile() || entry.isSymbolicLink()) yield name;
  }
}

function changedMeanwhile(path: string): SourceError {
  return new SourceError('SOURCE_CHANGED', `Cannot take a snapshot of ${path}: it changed during the copy`, {
    hint: 'run again when nothing writes to it, or use git:PATH#REV',
  });
}
