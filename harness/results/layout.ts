// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';

/** Names inside a run's folder; results/README.md explains them to people. */
export const RUN_FILES = {
  run: 'run.json',
  manifest: 'manifest.jsonl',
  steps: 'steps',
  verdict: 'verdict.json',
  report: 'report.txt',
  sums: 'SHA256SUMS',
} as const;

/** Names that the store itself writes inside `steps/<hash>/`; every other file there is raw. */
export const STEP_FILES = {
  step: 'step.json',
  finding: 'finding.json',
  /** Source lines that were looked up, for who has not the kernel. */
  symbols: 'symbols.json',
} as const;

/** Where a step that is under way says how far it is; not kept. */
export const PROGRESS_FILE = '.progress';

/** Locked by the process that writes the run; gone when it is whole. */
export const LOCK_FILE = '.lock';

/** Raw files of this form are consoles: reports and live pages show their ends. */
export const CONSOLE_NAME = /^console.*\.log$/;

/** The name of something that is still being written; it gets its own name when it is whole. */
export function partialName(name: string): string {
  return `.${name}.partial`;
}

export function isPartial(name: string): boolean {
  return /^\..*\.partial$/.test(name);
}

/** The one form in which the store writes a value. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A value on one line, its keys in order: equal values, equal lines. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** First 16 hexadecimal digits of the SHA-256: of a plan's text, or of a line of the manifest for a step's folder. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
