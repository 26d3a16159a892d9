// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheTempDir } from '../host/temp-dir.ts';
import { SourceError } from '../model/errors.ts';
import type { Series } from '../model/kernel.ts';
import { gitOutput } from './git.ts';
import { readPatch } from './patch-text.ts';

/** Tags that are tried where a series says nothing of its base. */
const MOST_TAGS = 20;

/** The commit that a series is for, and how that is known. */
export interface Base {
  readonly rev: string;
  readonly why: string;
}

/**
 * Chooses the commit of a repository that a series is for: that of its line `base-commit:`, else the one that is
 * checked out, else the newest tag, the first to which it applies without fuzz. Nothing is written to the repository.
 *
 * @param paths files and folders that the series was read from.
 * @throws SourceError `NO_BASE`.
 */
export async function baseOf(
  repo: string,
  series: Series,
  paths: readonly string[],
  { cacheDir, signal }: { readonly cacheDir: string; readonly signal: AbortSignal },
): Promise<Base> {
  const named = await namedBase(paths);
  const what = `find what the series ${series.name} is for`;
  const isThere = (rev: string): Promise<boolean> =>
    gitOutput(repo, ['cat-file', '-e', `${rev}^{commit}`], what, signal).then(
      () => true,
      (error: unknown) => {
        if (error instanceof SourceError) return false;
        throw error;
      },
    );
  if (named !== null && (await isThere(named))) return { rev: named, why: 'its base-commit' };
  await using folder = await cacheTempDir(cacheDir, 'base');
  const files = await Promise.all(
    series.patches.map(async ({ name, text }, at) => {
      const file = join(folder.path, `${at}.patch`);
      await writeFile(file, readPatch(name, text).diff);
      return file;
    }),
  );
  const applies = async (rev: string): Promise<boolean> => {
    const env = { GIT_INDEX_FILE: join(folder.path, 'index') };
    try {
      await gitOutput(repo, ['read-tree', rev], what, signal, env);
      await gitOutput(repo, ['apply', '--cached', '--check', '--whitespace=nowarn', ...files], what, signal, env);
      return true;
    } catch (error) {
      if (error instanceof SourceError) return false;
      throw error;
    }
  };
  if (await applies('HEAD')) return { rev: 'HEAD', why: 'what is checked out' };
  const tags = (await gitOutput(repo, ['tag', '--list', 'v*', '--sort=-version:refname'], what, signal)).split('\n');
  const tried = tags.filter((tag) => tag !== '').slice(0, MOST_TAGS);
  for (const tag of tried) if (await applies(tag)) return { rev: tag, why: 'the newest tag to which it applies' };
  const missing = named === null ? '' : `; its base-commit ${named.slice(0, 12)} is not in the repository`;
  throw new SourceError(
    'NO_BASE',
    `Cannot ${what}: without fuzz it applies neither to what is checked out in ${repo} nor to ${tried.length} tags` +
      missing,
    { hint: 'name the commit with --base' },
  );
}

/** `base-commit:` as git format-patch writes it below a cover letter or the first patch. */
async function namedBase(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    const files =
      found?.isDirectory() === true
        ? (await readdir(path)).sort().map((name) => join(path, name))
        : found === null
          ? []
          : [path];
    for (const file of files) {
      const text = await readFile(file, 'utf8').catch(() => '');
      const commit = /^base-commit: ([0-9a-f]{12,64})\s*$/m.exec(text)?.[1];
      if (commit !== undefined) return commit;
    }
  }
  return null;
}
