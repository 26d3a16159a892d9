// SPDX-License-Identifier: GPL-2.0-only
import type { z } from 'zod';
import type { PlanDocument, PlanPath, PlanProblem } from './document.ts';
import { suggest } from './near.ts';
import { keysAt, planFile, type PlanFile } from './schema.ts';

/** Holds a document against the shape of a plan: the typed file, or everything in which it differs from one. */
export function checkShape(document: PlanDocument): {
  readonly file: PlanFile | null;
  readonly problems: readonly PlanProblem[];
} {
  const result = planFile.safeParse(document.value);
  if (result.success) return { file: result.data, problems: [] };
  return { file: null, problems: result.error.issues.flatMap((issue) => problemsOf(issue, document)) };
}

function problemsOf(issue: z.core.$ZodIssue, document: PlanDocument): PlanProblem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const value = valueAt(document.value, path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      line: document.lineOf([...path, key]),
      message: `${pathText([...path, key])}: unknown key; ${suggest(key, keysAt(path, value))}`,
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

/** `probes.anon.variants[2]`; the root is `the plan`. */
export function pathText(path: PlanPath): string {
  if (path.length === 0) return 'the plan';
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

export function valueAt(root: unknown, path: PlanPath): unknown {
  return path.reduce<unknown>(
    (value, step) => (isTree(value) && Object.hasOwn(value, step) ? value[step] : undefined),
    root,
  );
}

/** A mapping or a list. */
export function isTree(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
