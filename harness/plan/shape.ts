// SPDX-License-Identifier: GPL-2.0-only
import type { z } from 'zod';
import type { PlanDocument, PlanProblem } from './document.ts';
import { suggest } from '../model/near.ts';
import type { KindTable } from '../results/kinds.ts';
import { keysAt, planFile, type PlanFile } from './schema.ts';
import { pathText, valueAt } from './values.ts';

/** Holds a document against the shape of a plan: the typed file, or everything in which it differs from one. */
export function checkShape(
  document: PlanDocument,
  kinds: KindTable,
): {
  readonly file: PlanFile | null;
  readonly problems: readonly PlanProblem[];
} {
  const result = planFile(document.value, kinds).safeParse(document.value);
  if (result.success) return { file: result.data, problems: [] };
  return { file: null, problems: result.error.issues.flatMap((issue) => problemsOf(issue, document, kinds)) };
}

function problemsOf(issue: z.core.$ZodIssue, document: PlanDocument, kinds: KindTable): PlanProblem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const value = valueAt(document.value, path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      line: document.lineOf([...path, key]),
      message: `${pathText([...path, key])}: unknown key; ${suggest(key, keysAt(path, document.value, kinds))}`,
    }));
  }
  return [{ line: document.lineOf(path), message: `${pathText(path)}${found(value)}: ${need(issue, value)}` }];
}

function need(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return issue.message;
  return suggest(value, issue.values.map(String));
}

function found(value: unknown): string {
  if (value === undefined) return ' is missing';
  return typeof value === 'object' && value !== null ? '' : ` is ${JSON.stringify(value)}`;
}
