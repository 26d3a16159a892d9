// SPDX-License-Identifier: GPL-2.0-only
/** Names inside a run's folder; results/README.md explains them to people. */
export const RUN_FILES = {
  run: 'run.json',
  verdict: 'verdict.json',
  report: 'report.txt',
  sums: 'SHA256SUMS',
  trials: 'trials',
  explorations: 'explorations',
} as const;

/** Names inside `trials/<id>/`. */
export const TRIAL_FILES = {
  trial: 'trial.json',
  console: 'console.log',
  workload: 'workload.jsonl',
  argv: 'argv.json',
  evidence: 'evidence.json',
  splats: 'splats.json',
  verdict: 'verdict.json',
} as const;

/** Names inside `explorations/<id>/`, beside `console.<n>.log`. */
export const EXPLORATION_FILES = {
  exploration: 'exploration.json',
  path: 'path.json',
  points: 'points.jsonl',
  map: 'map.json',
} as const;

/** A trial or an exploration that is still being written, beside those that are whole. */
export function partialName(id: string): string {
  return `.${id}.partial`;
}

export function isPartial(name: string): boolean {
  return /^\..*\.partial$/.test(name);
}

/** The one form in which the store writes a value. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
