// SPDX-License-Identifier: GPL-2.0-only
export { toJson } from '../results/layout.ts';

/** Names inside `explorations/<id>/`, beside `console.<n>.log`. */
export const EXPLORATION_FILES = {
  exploration: 'exploration.json',
  path: 'path.json',
  points: 'points.jsonl',
  map: 'map.json',
} as const;
