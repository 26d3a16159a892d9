// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, readTextIfExists } from '../host/files.ts';
import { SwapraceError } from '../model/errors.ts';
import type { RunSummary, VariantSummary } from '../model/history.ts';
import { several } from '../model/words.ts';
import { HistoryDb, type HistoryChange } from './history-db.ts';
import { RUN_FILES } from './layout.ts';
import { type KindTable } from './kinds.ts';
import { readRun as readStored } from './reader.ts';
import { showRun } from './show.ts';

/** Name of the database in a results folder. */
export const HISTORY_FILE = 'history.db';

export interface SyncedHistory {
  /** Every finished run that could be read, oldest first. */
  readonly runs: readonly RunSummary[];
  /** Runs that could not be read, and why. */
  readonly unreadable: readonly string[];
  /** How many runs were read from their folders; the others were known. */
  readonly read: number;
}

/**
 * Brings `results/history.db` up to what the results hold, and returns it. Only finished runs count; a run whose sums
 * have changed is read again, one that is no longer there is forgotten.
 *
 * @throws HostError `HISTORY_UNUSABLE`
 */
export async function syncHistory(
  resultsDir: string,
  { rebuild = false, kinds = {} }: { readonly rebuild?: boolean; readonly kinds?: KindTable } = {},
): Promise<SyncedHistory> {
  using db = HistoryDb.open(join(resultsDir, HISTORY_FILE));
  // What is there now, before the folder is listed: a run that another writer adds meanwhile must not be taken for
  // gone.
  const known = db.fingerprints();
  const present = await finishedRuns(resultsDir);
  const stale = [...present].filter(([run, fingerprint]) => rebuild || known.get(run) !== fingerprint);
  const gone = [...known.keys()].filter((run) => !present.has(run));
  const changes: HistoryChange[] = gone.map((run) => ({ kind: 'remove', run }));
  const unreadable: string[] = [];
  let older = 0;
  for (const [run, fingerprint] of stale) {
    try {
      changes.push(await readRun(join(resultsDir, run), run, fingerprint, kinds));
    } catch (error) {
      if (!(error instanceof SwapraceError)) throw error;
      if (error.code === 'OLDER_LAYOUT') older++;
      else unreadable.push(error.message);
      changes.push({ kind: 'remove', run });
    }
  }
  const read = stale.length - unreadable.length - older;
  if (older > 0) unreadable.push(`${several(older, 'run')} of an older layout left out; read them with swaprace 0.1`);
  if (changes.length > 0) db.apply(changes);
  return { runs: db.runs(), unreadable, read };
}

/** Runs that were finished, with a fingerprint of everything in them: the hash of their sums. */
async function finishedRuns(resultsDir: string): Promise<Map<string, string>> {
  const entries = await readdir(resultsDir, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  const sums = await Promise.all(names.map(async (name) => [name, await sumsOfRun(join(resultsDir, name))] as const));
  return new Map(
    sums.flatMap(([name, text]) =>
      text === null ? [] : [[name, createHash('sha256').update(text).digest('hex')] as const],
    ),
  );
}

/** Null for a run that was not finished, and for what is no run. */
async function sumsOfRun(dir: string): Promise<string | null> {
  return (await exists(join(dir, RUN_FILES.run))) ? readTextIfExists(join(dir, RUN_FILES.sums)) : null;
}

async function readRun(dir: string, run: string, fingerprint: string, kinds: KindTable): Promise<HistoryChange> {
  return { kind: 'put', fingerprint, summary: await readShown(dir, run, kinds) };
}

/** A run of the kinds of the table: their own figures, by `trend` and their verdicts. */
async function readShown(dir: string, run: string, kinds: KindTable): Promise<RunSummary> {
  const { header, verdict, probes } = showRun(await readStored(dir, kinds), kinds);
  const variants = probes.flatMap(({ spec, verdict: own, trend }) =>
    own.variants.map(({ variant, outcome, counts, signatures }): VariantSummary => {
      const units = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const values = trend.filter((figure) => figure.variant === variant);
      const rate = values.flatMap(({ value }) => (value.kind === 'rate' ? [value.exposure] : []))[0];
      return {
        ...{ probe: spec.id, variant, outcome, kernelId: header.kernels[variant]?.id ?? null },
        ...{ trials: units, exposure: rate ?? units, signatures },
        figures: values.flatMap(({ name, value }) =>
          value.kind === 'ratio' ? [{ name, unit: value.unit, ratio: value.ratio, absolute: value.absolute }] : [],
        ),
      };
    }),
  );
  return { run, startedAt: header.startedAt, plan: header.plan.name, status: verdict.status, variants };
}
