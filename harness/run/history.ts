// SPDX-License-Identifier: GPL-2.0-only
import { stat } from 'node:fs/promises';
import { UsageError } from '../model/errors.ts';
import type { RunSummary, Series } from '../model/history.ts';
import { PROBES } from '../probe/table.ts';
import type { KindTable } from '../results/kinds.ts';
import { syncHistory } from '../results/history.ts';
import { seriesOf } from '../results/trend.ts';

export interface History {
  /** Oldest first. */
  readonly runs: readonly RunSummary[];
  readonly series: readonly Series[];
  /** Runs that could not be read, and why. */
  readonly unreadable: readonly string[];
}

/**
 * Everything that the runs of a folder say together, from `history.db` in the same folder, which is brought up to date
 * first.
 *
 * @throws UsageError `NO_RESULTS` when there is no such folder; HostError `HISTORY_UNUSABLE`.
 */
export async function readHistory(
  resultsDir: string,
  { rebuild, kinds = PROBES }: { readonly rebuild: boolean; readonly kinds?: KindTable },
): Promise<History> {
  if (
    !(await stat(resultsDir).then(
      (entry) => entry.isDirectory(),
      () => false,
    ))
  ) {
    throw new UsageError('NO_RESULTS', `No folder of results at ${resultsDir}`, { hint: 'scripts/run' });
  }
  const { runs, unreadable } = await syncHistory(resultsDir, { rebuild, kinds });
  return { runs, series: seriesOf(runs), unreadable };
}
