// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Patch, Series } from '../model/kernel.ts';
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
 * Reads a series: a quilt folder, one of mails or patches, a .patch or .diff file, a mail or mailbox, or `PATH#A..B`, a
 * range of commits in a repository.
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
  if (info.isDirectory())
    return { name: basename(from.path), patches: await patchesOfFolder(from.path, cacheDir, signal) };
  const content = await readFile(from.path, 'utf8');
  return { name, patches: await patchesOf([{ name: basename(from.path), text: content }], name, cacheDir, signal) };
}

/** A quilt folder, or one of mails or patches as `git format-patch`, `b4 am` and mail readers leave them. */
async function patchesOfFolder(path: string, cacheDir: string, signal: AbortSignal): Promise<readonly Patch[]> {
  const names = await readdir(path);
  const files = names.filter((file) => /\.(?:patch|diff|eml|mbox|mbx)$/.test(file)).sort();
  if (names.includes('series') || files.length === 0) return patchesOfQuilt(path);
  const contents = await Promise.all(
    files.map(async (file) => ({ name: file, text: await readFile(join(path, file), 'utf8') })),
  );
  return patchesOf(contents, basename(path), cacheDir, signal);
}

/** Mails are one thread, in whichever files, and their numbers decide; other patches are in the files' order. */
async function patchesOf(
  files: readonly Patch[],
  name: string,
  cacheDir: string,
  signal: AbortSignal,
): Promise<readonly Patch[]> {
  const mails = files.filter(({ text }) => isMailbox(text) || isMail(text));
  if (mails.length === 0) return files;
  const other = files.find((file) => !mails.includes(file));
  if (other !== undefined)
    throw invalid(
      `read the series ${name}`,
      `${other.name} is no mail, as others in it are`,
      'keep patches of one form',
    );
  const mbox = mails.map(({ text }) => (isMailbox(text) ? text : `${MBOX_LINE}${text}`).trimEnd()).join('\n\n');
  return patchesOfMbox(name, `${mbox}\n`, cacheDir, signal);
}

/** A file that `git format-patch` wrote, too, begins as a mailbox of one mail. */
function isMailbox(content: string): boolean {
  return /^From \S+.*\d{4}\r?\n/.test(content);
}

/** A mail as a reader saves it: headers alone, a sender and a subject among them. */
function isMail(content: string): boolean {
  const head = content.slice(0, /\r?\n\r?\n/.exec(content)?.index ?? 0);
  return /^[A-Za-z-]+: /.test(head) && /^From: /im.test(head) && /^Subject: /im.test(head);
}

/** What a mailbox has before each mail. */
const MBOX_LINE = 'From mail Mon Sep 17 00:00:00 2001\n';

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
