// SPDX-License-Identifier: GPL-2.0-only
import { isAbsolute, join, resolve } from 'node:path';
import { exists } from '../host/files.ts';
import { UsageError } from '../model/errors.ts';
import { LATENCY_FILES } from '../store/latency-store.ts';
import { RUN_FILES } from '../store/layout.ts';
import type { Workspace } from './workspace.ts';

/** The file that tells what kind of run a folder holds. */
const MARKS = { plan: RUN_FILES.run, latency: LATENCY_FILES.run } as const;
export type RunKind = keyof typeof MARKS;
/** As messages call them. */
const NAMES = { plan: 'run', latency: 'latency run' } as const;
const RUN_KINDS = Object.keys(MARKS) as RunKind[];

/**
 * The folder of a stored run: a path, or a name below `results/`.
 *
 * @param kinds that are looked for.
 * @throws UsageError `NO_SUCH_RUN`.
 */
export async function findRun(
  name: string,
  { resultsDir }: Workspace,
  kinds: readonly RunKind[] = RUN_KINDS,
): Promise<{ readonly dir: string; readonly kind: RunKind }> {
  const candidates = isAbsolute(name) ? [name] : [resolve(name), join(resultsDir, name)];
  for (const dir of candidates) {
    for (const each of kinds) if (await exists(join(dir, MARKS[each]))) return { dir, kind: each };
  }
  const [kind, ...others] = kinds;
  const what = kind === undefined || others.length > 0 ? 'run' : NAMES[kind];
  throw new UsageError('NO_SUCH_RUN', `No ${what} in ${candidates.join(' or ')}`, { hint: `ls ${resultsDir}` });
}
