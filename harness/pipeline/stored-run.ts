import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../model/errors.ts';
import type { Workspace } from './workspace.ts';

/**
 * The folder of a stored run: a path, or a name below `results/`.
 *
 * @throws UsageError `NO_SUCH_RUN`.
 */
export async function resolveRun(name: string, { resultsDir }: Workspace): Promise<string> {
  const candidates = isAbsolute(name) ? [name] : [resolve(name), join(resultsDir, name)];
  for (const dir of candidates) {
    if (await stat(join(dir, 'run.json')).then(() => true, () => false)) return dir;
  }
  throw new UsageError('NO_SUCH_RUN', `No run in ${candidates.join(' or ')}`, { hint: `ls ${resultsDir}` });
}
