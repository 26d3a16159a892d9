// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { PlanCatalog } from './catalog.ts';
import type { PlanDocument, PlanProblem } from './document.ts';
import { suggest } from './near.ts';
import { isTree } from './shape.ts';

/**
 * Puts the content of a target's file where a plan names one, so that whatever reads the plan finds it as if it stood
 * there. What is wrong inside such a file is reported at the line that names it.
 */
export function substituteTarget(document: PlanDocument, catalog: PlanCatalog): PlanProblem[] {
  const root = document.value;
  const name = isTree(root) ? root['target'] : undefined;
  if (!isTree(root) || typeof name !== 'string') return [];
  const problem = (message: string): PlanProblem[] => [
    { line: document.lineOf(['target']), message: `target: ${message}` },
  ];
  const file = catalog.target(name);
  if (file === null) return problem(`unknown target ${name}; ${suggest(name, catalog.targetNames())}`);
  try {
    root['target'] = parse(readFileSync(file, 'utf8'));
    return [];
  } catch (error) {
    return problem(`cannot read ${file}: ${(error as Error).message}`);
  }
}
