// SPDX-License-Identifier: GPL-2.0-only
import { cp, lstat, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Patch, PatchedFile, PatchedFiles, Series, SourceTree, TreePatcher } from '../model/kernel.ts';
import { SourceError } from '../model/errors.ts';
import { diskFull, errnoOf, isDiskFull, readTextIfExists } from '../host/files.ts';
import { run } from '../host/process.ts';
import { cacheTempDir } from '../host/temp-dir.ts';
import { parsePatchOutput, type Rejection } from './patch-output.ts';
import { readPatch } from './patch-text.ts';

/**
 * Applies series to copies of the files that they touch, in a folder that holds nothing else: no tree is copied and
 * none is written to.
 *
 * @throws SourceError `PATCH_REJECTED` naming patch, file and hunk; offsets are accepted, fuzz is not.
 */
export const patchTree: TreePatcher = async ({ tree, series, cacheDir, signal }) => {
  const patches = series.flatMap((one) =>
    one.patches.map((patch) => ({ series: one, patch, ...readPatch(patch.name, patch.text) })),
  );
  if (patches.length === 0) return new Map();
  await using folder = await cacheTempDir(cacheDir, 'patch');
  const touched = new Set<string>();
  for (const { series: one, patch, files, diff } of patches) {
    if (files.length === 0) throw emptyPatch(one, patch);
    for (const file of files) if (!touched.has(file)) await copyFile(tree, file, folder.path);
    files.forEach((file) => touched.add(file));
    await applyPatch(folder.path, one, { name: patch.name, text: diff }, tree, signal);
  }
  return await differences(tree, folder.path, touched);
};

async function copyFile(tree: SourceTree, file: string, dir: string): Promise<void> {
  const target = join(dir, file);
  await mkdir(dirname(target), { recursive: true });
  await cp(join(tree.path, file), target, { verbatimSymlinks: true }).catch((error: unknown) => {
    // A file that a patch adds; patch itself reports one that is missing.
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
  });
}

const COMMON = ['-p1', '--forward', '--batch'] as const;

/** Variables that change what patch(1) does. */
const ENVIRONMENT = {
  LC_ALL: 'C',
  PATCH_GET: undefined,
  POSIXLY_CORRECT: undefined,
  PATCH_VERSION_CONTROL: undefined,
  VERSION_CONTROL: undefined,
  SIMPLE_BACKUP_SUFFIX: undefined,
  QUOTING_STYLE: undefined,
} as const;

async function applyPatch(
  dir: string,
  series: Series,
  patch: Patch,
  tree: SourceTree,
  signal: AbortSignal,
): Promise<void> {
  const attempt = (options: readonly string[]) =>
    run('patch', [...options, '-d', dir], { stdin: patch.text, signal, env: ENVIRONMENT });
  // Dry run with the usual fuzz first: afterwards the files may be half patched.
  const fuzzy = (await attempt([...COMMON, '--dry-run'])).exitCode === 0;
  const result = await attempt([...COMMON, '--fuzz=0', '--no-backup-if-mismatch']);
  if (result.exitCode === 0) return;
  const output = result.stdout + result.stderr;
  if (isDiskFull(output)) throw diskFull(`apply ${patch.name}`, dir);
  throw await rejected(dir, series, patch, tree, parsePatchOutput(output), { output, fuzzy });
}

async function rejected(
  dir: string,
  series: Series,
  patch: Patch,
  tree: SourceTree,
  rejections: readonly Rejection[],
  { output, fuzzy }: { readonly output: string; readonly fuzzy: boolean },
): Promise<SourceError> {
  const [first, ...others] = rejections;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const where = first === undefined ? '' : `: ${describe(first)}${more}`;
  return new SourceError(
    'PATCH_REJECTED',
    `Cannot apply ${patch.name} of series ${series.name} to ${tree.kernelVersion}${where}`,
    {
      hint: fuzzy
        ? 'it would apply with fuzz, which may put code in a wrong place: refresh the patch against this tree'
        : 'check the order of the series and the base that it was made for, then refresh the patch against this tree',
      details: [...rejections.map(describe), ...(await rejectFiles(dir, rejections))].join('\n') || output.trim(),
    },
  );
}

function describe({ file, hunk, line, reason }: Rejection): string {
  return hunk === null ? `${file}: ${reason}` : `${file}: hunk ${hunk} at line ${line}: ${reason}`;
}

async function rejectFiles(dir: string, rejections: readonly Rejection[]): Promise<string[]> {
  const files = [...new Set(rejections.filter((one) => one.hunk !== null).map((one) => one.file))];
  const texts = await Promise.all(files.map((file) => readTextIfExists(join(dir, `${file}.rej`))));
  return texts.filter((text) => text !== null);
}

async function differences(tree: SourceTree, dir: string, touched: ReadonlySet<string>): Promise<PatchedFiles> {
  const result = new Map<string, PatchedFile | null>();
  for (const file of [...touched].sort()) {
    const before = await readFileState(join(tree.path, file), file);
    const after = await readFileState(join(dir, file), file);
    if (!sameFile(before, after)) result.set(file, after);
  }
  return result;
}

async function readFileState(path: string, file: string): Promise<PatchedFile | null> {
  const info = await lstat(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null;
    throw error;
  });
  if (info === null) return null;
  // Not read through: it may lead anywhere.
  if (!info.isFile())
    throw new SourceError('PATCH_INVALID', `Cannot apply a series: ${file} is not a plain file`, {
      hint: 'patch the file that a symbolic link leads to by its own name',
    });
  return { content: await readFile(path), executable: (info.mode & 0o100) !== 0 };
}

function sameFile(a: PatchedFile | null, b: PatchedFile | null): boolean {
  if (a === null || b === null) return a === b;
  return a.executable === b.executable && Buffer.compare(a.content, b.content) === 0;
}

function emptyPatch(series: Series, patch: Patch): SourceError {
  return new SourceError('PATCH_EMPTY', `Cannot apply ${patch.name} of series ${series.name}: there is no diff in it`, {
    hint: 'take it out of the series, or make it again',
  });
}
