// SPDX-License-Identifier: GPL-2.0-only
import { isAbsolute, join, resolve } from 'node:path';
import { exists } from '../host/files.ts';
import { UsageError } from '../model/errors.ts';
import { RUN_FILES } from '../results/layout.ts';
import type { Workspace } from '../host/workspace.ts';

/** What a latency run of 0.1 had in place of run.json. */
const OLDER = 'latency.json';

/**
 * The folder of a stored run: a path, or a name below `results/`.
 *
 * @throws UsageError `NO_SUCH_RUN`, `OLDER_LAYOUT`.
 */
export async function findRun(name: string, { resultsDir }: Workspace): Promise<{ readonly dir: string }> {
  const candidates = isAbsolute(name) ? [name] : [resolve(name), join(resultsDir, name)];
  for (const dir of candidates) {
    if (await exists(join(dir, RUN_FILES.run))) return { dir };
    if (!(await exists(join(dir, OLDER)))) continue;
    throw new UsageError('OLDER_LAYOUT', `${dir}: this latency run is of an older layout`, {
      hint: 'read it with swaprace 0.1',
    });
  }
  throw new UsageError('NO_SUCH_RUN', `No run in ${candidates.join(' or ')}`, { hint: `ls ${resultsDir}` });
}
