// SPDX-License-Identifier: GPL-2.0-only
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { FORMATS, type Format } from '../report/formats.ts';
import { historyHtml } from '../report/html/history.ts';
import { livePage } from '../report/html/live.ts';
import { mapsHtml } from '../report/html/maps.ts';
import { readHistory } from '../run/history.ts';
import { PROBES } from '../probe/table.ts';
import type { KindTable } from '../results/kinds.ts';
import { RUN_FILES } from '../results/layout.ts';
import { readLiveRun, unfinishedRuns } from '../results/live.ts';
import { isUnfinished } from '../results/reader.ts';
import { mapsPage } from '../run/maps-page.ts';
import { readReported } from '../run/stored.ts';
import { countStoredMaps, readStoredMaps } from '../run/stored-maps.ts';

/** What an address shows. */
export interface ServedPage {
  readonly type: 'text/html' | 'text/plain' | 'application/json' | 'application/xml';
  readonly body: string;
}

const TYPES: Readonly<Record<Format, ServedPage['type']>> = {
  text: 'text/plain',
  json: 'application/json',
  ktap: 'text/plain',
  tap: 'text/plain',
  junit: 'application/xml',
  kcidb: 'application/json',
  mail: 'text/plain',
  html: 'text/html',
  github: 'text/plain',
  gitlab: 'application/json',
};

/** Names of runs; no name of one leads out of the results folder. */
const RUN_NAME = /^[A-Za-z0-9][A-Za-z0-9.+_-]*$/;

/**
 * The page of an address: `/` is the index, `/maps` has the maps of all runs, `/run/<run>` a report or, while the run
 * is under way, its live page, and `/run/<run>/<format>` the report in another form. Null for everything else.
 *
 * @throws HostError when it cannot be read.
 */
export async function servedPage(
  path: string,
  resultsDir: string,
  kinds: KindTable = PROBES,
): Promise<ServedPage | null> {
  if (path === '/') return { type: 'text/html', body: await indexPage(resultsDir, kinds) };
  if (path === '/maps') return { type: 'text/html', body: mapsHtml(mapsPage(await readStoredMaps(resultsDir))) };
  const [, run, format] = /^\/run\/([^/]+)(?:\/([a-z]+))?$/.exec(path) ?? [];
  if (run === undefined || !RUN_NAME.test(run)) return null;
  const dir = join(resultsDir, run);
  if (!(await isFolderWith(dir, RUN_FILES.run))) return null;
  if (await isUnfinished(dir)) {
    if (format !== undefined) return null;
    return { type: 'text/html', body: livePage(await readLiveRun(dir, kinds, new Date())) };
  }
  const form = format ?? 'html';
  if (!isFormat(form)) return null;
  return { type: TYPES[form], body: await FORMATS[form](await readReported(dir, kinds), {}) };
}

/** A folder of its own, not a link to somewhere else. */
async function isFolderWith(dir: string, file: string): Promise<boolean> {
  const isReal = await lstat(dir).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  return (
    isReal &&
    (await lstat(join(dir, file)).then(
      (entry) => entry.isFile(),
      () => false,
    ))
  );
}

function isFormat(name: string): name is Format {
  return Object.hasOwn(FORMATS, name);
}

async function indexPage(resultsDir: string, kinds: KindTable): Promise<string> {
  const { runs, series, unreadable } = await readHistory(resultsDir, { rebuild: false, kinds });
  const unfinished = (await unfinishedRuns(resultsDir)).map((run) => ({ run, link: linkOf(run) }));
  return historyHtml({
    runs,
    series,
    linkOf,
    notes: unreadable,
    unfinished,
    maps: { count: await countStoredMaps(resultsDir), link: '/maps' },
  });
}

function linkOf(run: string): string {
  return `/run/${encodeURIComponent(run)}`;
}
