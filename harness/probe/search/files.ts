// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { pointResult } from '../place/shapes.ts';

/** Raw files of a search's steps. Guests of a step that has several have numbered consoles, `console.0.log`. */
export const SEARCH_FILES = {
  console: 'console.log',
  workload: 'workload.jsonl',
  census: 'census.json',
  /** A hold a line. */
  rounds: 'rounds.jsonl',
  /** An attempt a line, at a place that may give what was found, or at that of the schedule. */
  attempts: 'attempts.jsonl',
  schedule: 'schedule.yaml',
} as const;

export const censusFile = z.strictObject({ reached: z.array(z.string()).readonly(), cut: z.boolean() }).readonly();

export const placeAttempt = z
  .strictObject({ path: z.string(), contenderTo: z.string().nullable(), result: pointResult })
  .readonly();
