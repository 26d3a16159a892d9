// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { UsageError } from '../model/errors.ts';
import { DEFAULT_RACE } from '../model/race.ts';
import type { RaceFolder } from '../race/read.ts';
import type { PlanCatalog } from './catalog.ts';
import type { PlanDocument, PlanProblem } from './document.ts';
import { suggest } from '../model/near.ts';
import { isTree } from './values.ts';

/** A plan's race; null with the reason where there is none of that name, or its folder is wrong. */
export function raceOf(
  document: PlanDocument,
  catalog: PlanCatalog,
): { readonly race: RaceFolder | null; readonly problems: readonly PlanProblem[] } {
  const name = isTree(document.value) ? (document.value['race'] ?? DEFAULT_RACE) : DEFAULT_RACE;
  if (typeof name !== 'string') return { race: null, problems: [] };
  try {
    return { race: catalog.race(name), problems: [] };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const message =
      error.code === 'NO_SUCH_RACE' ? `unknown race ${name}; ${suggest(name, catalog.raceNames())}` : error.message;
    return { race: null, problems: [{ line: document.lineOf(['race']), message: `race: ${message}` }] };
  }
}

/**
 * Puts a target's content where a plan names one, so that the plan reads as if it stood there: that of a race, or of a
 * file by a path that begins with `./`, `../` or `/`. What is wrong inside such a file is reported at the line that
 * names it.
 */
export function substituteTarget(document: PlanDocument, catalog: PlanCatalog): PlanProblem[] {
  const root = document.value;
  if (!isTree(root)) return [];
  const name = root['target'];
  if (typeof name !== 'string') return [];
  const problem = (message: string): PlanProblem[] => [
    { line: document.lineOf(['target']), message: `target: ${message}` },
  ];
  try {
    const file = catalog.targetFile(name);
    if (file === null && !catalog.raceNames().includes(name))
      return problem(`unknown target ${name}; ${suggest(name, catalog.raceNames())}`);
    root['target'] = file === null ? catalog.race(name).target : parse(readFileSync(file, 'utf8'));
    return [];
  } catch (error) {
    return problem(`cannot read ${name}: ${(error as Error).message}`);
  }
}
