// SPDX-License-Identifier: GPL-2.0-only
import type { RaceFile } from './schema.ts';

/** Programs that a race's folder may have the C of: the guest's half of placing, and of stress. */
export const PLACE = 'place';
export const STRESS = 'stress';

/** A key of a race that is wrong, and what is needed there. */
export interface RaceProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What a shape cannot say: names that must fit each other, and the folder's. */
export function problemsOf(race: RaceFile, folder: string, programs: readonly string[]): RaceProblem[] {
  const operations = Object.entries(race.operations);
  const problems: RaceProblem[] = [];
  const add = (message: string, ...path: (string | number)[]): void => void problems.push({ path, message });
  if (race.name !== folder) add(`is ${race.name}; the folder is ${folder}, and they must be the same`, 'name');
  if (Object.keys(race.setups).length === 0) add('needs at least one set-up', 'setups');
  if (!operations.some(([, { held }]) => held !== undefined)) add('needs one that may be held', 'operations');
  const contenders = operations.filter(([, { meanwhile }]) => meanwhile !== undefined).map(([name]) => name);
  if (!contenders.includes(race.contender)) {
    add(`${race.contender} is no operation with meanwhile; there are ${contenders.join(', ') || 'none'}`, 'contender');
  }
  for (const [name, { shell }] of operations) {
    if (shell === undefined && !programs.includes(PLACE))
      add(`needs shell, or the folder needs ${PLACE}.c or ${PLACE}/`, 'operations', name);
  }
  if (Object.keys(race.workloads).length > 0 && !programs.includes(STRESS))
    add(`the folder needs ${STRESS}.c or ${STRESS}/, which has them`, 'workloads');
  if (race.oracle.includes('splat') && race.target.types.length === 0)
    add('needs types of splats, since splat is among the oracles', 'target');
  return problems;
}
