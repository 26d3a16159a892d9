// SPDX-License-Identifier: GPL-2.0-only
import { RUN_FILES as COMMON } from '../results/layout.ts';

export { isPartial, partialName, toJson } from '../results/layout.ts';

/** Names inside a run's folder; results/README.md explains them to people. */
export const RUN_FILES = {
  ...COMMON,
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
