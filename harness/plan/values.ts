// SPDX-License-Identifier: GPL-2.0-only
import type { PlanPath } from './document.ts';

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
