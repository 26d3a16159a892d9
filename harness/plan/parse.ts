// SPDX-License-Identifier: GPL-2.0-only
import { dirname, resolve } from 'node:path';
import { UsageError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { PROBES } from '../probe/table.ts';
import type { KindTable } from '../results/kinds.ts';
import { PlanCatalog } from './catalog.ts';
import { PlanDocument, type PlanProblem } from './document.ts';
import { checkReferences } from './references.ts';
import { resolvePlan } from './resolve.ts';
import { checkShape } from './shape.ts';
import { raceOf, substituteTarget } from './target.ts';

/** Where a plan's names lead, and what its probes may be. */
export interface PlanPlace {
  /** The plan's path, for messages and for paths that begin with `./`. */
  readonly file: string;
  /** The project's folder, with kernel-configs/ in it. */
  readonly root: string;
  readonly kinds?: KindTable;
}

/**
 * Reads a plan (docs/plans.md).
 *
 * @throws UsageError `PLAN_INVALID` that lists everything that is wrong, with its line.
 */
export function parsePlan(text: string, { file, root, kinds = PROBES }: PlanPlace): Plan {
  const document = new PlanDocument(text);
  if (document.syntaxErrors.length > 0) throw invalid(file, document.syntaxErrors);
  const folder = dirname(resolve(file));
  const catalog = new PlanCatalog(resolve(root), folder);
  const { race, problems: raceProblems } = raceOf(document, catalog);
  const targetProblems = substituteTarget(document, catalog);
  const shape = checkShape(document, kinds);
  const problems = [
    ...raceProblems,
    ...targetProblems,
    ...shape.problems.filter(({ line }) => !targetProblems.some((known) => known.line === line)),
    ...checkReferences(document, catalog, folder, race, kinds),
  ];
  if (shape.file === null || race === null || problems.length > 0) throw invalid(file, problems);
  return resolvePlan(shape.file, document.value, text, { catalog, folder, race, kinds });
}

function invalid(file: string, problems: readonly PlanProblem[]): UsageError {
  const sorted = [...problems].sort((a, b) => a.line - b.line);
  const lines = sorted.map(({ line, message }) => `  line ${line}: ${message}`);
  const count = problems.length === 1 ? '1 error' : `${problems.length} errors`;
  return new UsageError('PLAN_INVALID', [`Cannot use plan ${file}: ${count}`, ...lines].join('\n'), {
    hint: 'docs/plans.md describes the format, kernel-configs/plans/ has examples',
  });
}
