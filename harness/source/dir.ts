// SPDX-License-Identifier: GPL-2.0-only
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceSpec, SourceTree } from '../model/kernel.ts';
import { SourceError } from '../model/errors.ts';
import { errnoOf, exists, readTextIfExists, writeFileAtomic } from '../host/files.ts';
import { closedEnvironment } from '../host/make.ts';
import { runOk } from '../host/process.ts';
import { contentOfTree, copyInto, stateOfTree } from '../host/tree-files.ts';
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
    return id === null || !/^dir-[0-9a-f]{16}$/.test(id) ? null : findTree(id, options);
  };
  return (
    (await lookup()) ??
    makeTree(`dir:${spec.path}`, options, lookup, async (dir) => {
      await snapshot(spec.path, dir, options.signal);
      if ((await stateOf(spec.path)) !== seen) throw changedMeanwhile(spec.path);
      await cleanSnapshot(dir, options);
      const content = await contentOfTree(dir, options.signal);
      const id = `dir-${content.slice(0, 16)}`;
      await writeFileAtomic(note, id);
      return { id, provenance: { kind: 'dir', path: spec.path, sha256: content } };
    })
  );
}

async function snapshot(from: string, to: string, signal: AbortSignal): Promise<void> {
  const entries = (await readdir(from)).filter((name) => name !== '.git');
  await copyInto(
    to,
    entries.map((name) => join(from, name)),
    signal,
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

async function stateOf(root: string): Promise<string> {
  try {
    return await stateOfTree(root);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
    if (await exists(join(root, '.'))) throw changedMeanwhile(root);
    throw new SourceError('SOURCE_MISSING', `Cannot use dir:${root}: there is no such folder`, {
      hint: 'check the path after dir:',
    });
  }
}

function changedMeanwhile(path: string): SourceError {
  return new SourceError('SOURCE_CHANGED', `Cannot take a snapshot of ${path}: it changed during the copy`, {
    hint: 'run again when nothing writes to it, or use git:PATH#REV',
  });
}
