// SPDX-License-Identifier: GPL-2.0-only
import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Series } from '../model/kernel.ts';
import { SourceError } from '../model/errors.ts';
import { defaultCacheDir } from '../host/cachedir.ts';
import { gitOutput } from './git.ts';
import { patchesOfMbox } from './mbox.ts';
import { patchesOfQuilt } from './quilt.ts';

/** What may be named as a series. */
type SeriesPath =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'range'; readonly path: string; readonly range: string };

/**
 * Reads a series: a quilt folder, a .patch or .diff file, a mailbox, or `PATH#A..B`, a range of commits in a
 * repository.
 *
 * @param cacheDir where mails are taken apart.
 * @throws SourceError there is no such file or folder, or it is not a series.
 */
export async function loadSeries(
  text: string,
  signal: AbortSignal,
  cacheDir: string = defaultCacheDir(),
): Promise<Series> {
  const from = parseSeriesPath(text);
  if (from.kind === 'range') return loadRange(from.path, from.range, cacheDir, signal);
  const info = await stat(from.path).catch(() => null);
  if (info === null)
    throw new SourceError('SERIES_MISSING', `Cannot read the series ${from.path}: there is no such file or folder`, {
      hint: 'check the path',
    });
  const name = basename(from.path, extname(from.path));
  if (info.isDirectory()) return { name: basename(from.path), patches: await patchesOfQuilt(from.path) };
  const content = await readFile(from.path, 'utf8');
  if (isMailbox(content)) return { name, patches: await patchesOfMbox(basename(from.path), content, cacheDir, signal) };
  return { name, patches: [{ name: basename(from.path), text: content }] };
}

/** A file that `git format-patch` wrote, too, begins as a mailbox of one mail. */
function isMailbox(content: string): boolean {
  return /^From \S+.*\d{4}\r?\n/.test(content);
}

function parseSeriesPath(text: string): SeriesPath {
  const [, path, range] = /^(.+)#([^#]+\.\.[^#]+)$/.exec(text) ?? [];
  return path === undefined || range === undefined ? { kind: 'path', path: text } : { kind: 'range', path, range };
}

/** @throws SourceError `SERIES_INVALID` for a range without commits or with merges, whose changes no patch holds. */
async function loadRange(path: string, range: string, cacheDir: string, signal: AbortSignal): Promise<Series> {
  const what = `read the series ${path}#${range}`;
  if (range.startsWith('-') || range.includes('...'))
    throw invalid(what, 'it is not of the form A..B', 'name the commit before the first and the last');
  const list = (args: readonly string[]) =>
    gitOutput(path, ['rev-list', ...args, '--end-of-options', range], what, signal);
  if ((await list(['--max-count=1'])).trim() === '')
    throw invalid(what, 'there is no commit in it', 'A must be an ancestor of B');
  const [merge] = (await list(['--merges', '--max-count=1'])).split('\n');
  if (merge !== '' && merge !== undefined)
    throw invalid(what, `${merge.slice(0, 12)} is a merge`, 'rebase the commits into one line');
  const format = [
    'format-patch',
    '--stdout',
    '--full-index',
    '--no-renames',
    '--no-signature',
    '--no-ext-diff',
    '--no-textconv',
    '--no-show-signature',
    '--no-attach',
    // Neither attributes nor settings of the repository decide what a patch looks like.
    '--text',
    '--unified=3',
    '--src-prefix=a/',
    '--dst-prefix=b/',
    '--end-of-options',
    range,
  ];
  const mbox = await gitOutput(path, format, what, signal);
  return { name: range, patches: await patchesOfMbox(range, mbox, cacheDir, signal) };
}

function invalid(what: string, why: string, hint: string): SourceError {
  return new SourceError('SERIES_INVALID', `Cannot ${what}: ${why}`, { hint });
}
