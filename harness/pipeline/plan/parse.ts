// SPDX-License-Identifier: GPL-2.0-only
import { dirname, resolve } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { PlanCatalog } from './catalog.ts';
import { PlanDocument, type PlanProblem } from './document.ts';
import { checkReferences } from './references.ts';
import { resolvePlan } from './resolve.ts';
import { checkShape } from './shape.ts';
import { raceOf, substituteTarget } from './target.ts';

/**
 * Reads a plan (docs/plans.md).
 *
 * @param file the plan's path, for messages and for paths that begin with `./`.
 * @param root the project's folder, with kernel-configs/ in it.
 * @throws UsageError `PLAN_INVALID` that lists everything that is wrong, with its line.
 */
export function parsePlan(text: string, { file, root }: { readonly file: string; readonly root: string }): Plan {
  const document = new PlanDocument(text);
  if (document.syntaxErrors.length > 0) throw invalid(file, document.syntaxErrors);
  const folder = dirname(resolve(file));
  const catalog = new PlanCatalog(resolve(root), folder);
  const { race, problems: raceProblems } = raceOf(document, catalog);
  const targetProblems = substituteTarget(document, catalog);
  const shape = checkShape(document);
  const problems = [
    ...raceProblems,
    ...targetProblems,
    ...shape.problems.filter(({ line }) => !targetProblems.some((known) => known.line === line)),
    ...checkReferences(document, catalog, folder, race),
  ];
  if (shape.file === null || race === null || problems.length > 0) throw invalid(file, problems);
  return resolvePlan(shape.file, text, catalog, folder, race);
}

function invalid(file: string, problems: readonly PlanProblem[]): UsageError {
  const sorted = [...problems].sort((a, b) => a.line - b.line);
  const lines = sorted.map(({ line, message }) => `  line ${line}: ${message}`);
  const count = problems.length === 1 ? '1 error' : `${problems.length} errors`;
  return new UsageError('PLAN_INVALID', [`Cannot use plan ${file}: ${count}`, ...lines].join('\n'), {
    hint: 'docs/plans.md describes the format, kernel-configs/plans/ has examples',
  });
}
