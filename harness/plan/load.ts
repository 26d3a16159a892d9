// SPDX-License-Identifier: GPL-2.0-only
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { parsePlan } from './parse.ts';
import type { Workspace } from '../host/workspace.ts';

const SUFFIX = '.yaml';

/**
 * The file of a plan: a path, or the bare name of a shipped one.
 *
 * @throws UsageError `NO_SUCH_PLAN` naming the shipped ones.
 */
export async function findPlan(name: string, { plansDir }: Workspace): Promise<string> {
  const isName = /^[\w-]+$/.test(name);
  for (const path of isName ? [join(plansDir, name + SUFFIX), resolve(name)] : [resolve(name)]) {
    if (
      await stat(path).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      return path;
  }
  const shipped = (await readdir(plansDir))
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length));
  throw new UsageError('NO_SUCH_PLAN', `No plan ${name}`, { hint: `a path, or one of: ${shipped.sort().join(', ')}` });
}

/** @throws UsageError `PLAN_INVALID` listing everything that is wrong, with its line. */
export async function loadPlan(file: string, { root }: Workspace): Promise<Plan> {
  return parsePlan(await readFile(file, 'utf8'), { file, root });
}
