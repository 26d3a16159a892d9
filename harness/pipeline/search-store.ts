// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { acquireLock } from '../host/lock.ts';
import type { StressProbe } from '../model/plan.ts';
import { findingsOf, type Search, type SearchRound, type SearchSpec } from '../model/search.ts';
import { SearchFiles } from '../store/search-files.ts';
import type { Lab } from '../lab/lab.ts';
import { minimise } from './minimise-search.ts';
import { searchKernel, type SearchedKernel } from './search-run.ts';

export interface StoredSearch {
  readonly search: Search;
  readonly dir: string;
  /** Null when the finding has none. */
  readonly scheduleFile: string | null;
}

export interface StoreSearchOptions {
  readonly signal: AbortSignal;
  readonly onRound: (round: SearchRound) => void;
  readonly onMinimise: () => void;
}

/**
 * Searches, brings the first finding down to a schedule, and keeps everything below `results/searches/`.
 *
 * @throws as `searchKernel` does; HostError when something cannot be kept.
 */
export async function searchStored(
  searched: SearchedKernel,
  lab: Lab,
  spec: SearchSpec,
  probe: StressProbe,
  resultsDir: string,
  { signal, onRound, onMinimise }: StoreSearchOptions,
): Promise<StoredSearch> {
  const dir = join(resultsDir, 'searches', folderOf(spec));
  await using _lock = await acquireLock(`${dir}.lock`, { purpose: `searching ${spec.variant}`, signal });
  const files = new SearchFiles(dir);
  await files.create();
  const rounds: SearchRound[] = [];
  const guests = await searchKernel(searched, lab, {
    spec,
    probe,
    signal,
    consoleLog: (guest) => files.consoleLog(guest),
    workloadLog: (guest) => files.workloadLog(guest),
    onRound: async (round) => {
      rounds.push(round);
      await files.append(round);
      onRound(round);
    },
  });
  const finding = findingsOf(guests)[0];
  if (finding !== undefined) onMinimise();
  const inGuest = rounds.filter(({ guest }) => guest === finding?.guest);
  const minimised =
    finding === undefined
      ? null
      : await minimise(searched, lab, {
          variant: spec.variant,
          backend: probe.backend,
          finding,
          rounds: inGuest,
          functions: spec.functions,
          signal,
        });
  const search: Search = {
    schema: 1,
    spec,
    guests,
    held: rounds.filter(({ held }) => held !== null).length,
    minimised,
  };
  return { search, dir, scheduleFile: await files.finish(search) };
}

/** Readable, and different for whatever would make other choices. */
function folderOf(spec: SearchSpec): string {
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 12);
  return `${spec.variant}-${spec.probe}-${hash}`;
}
