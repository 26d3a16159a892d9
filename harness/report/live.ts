// SPDX-License-Identifier: GPL-2.0-only
import type { Exposure, RunRecord } from '../model/trial.ts';
import type { JudgedTrial } from '../model/verdict.ts';
import type { ConsoleTail } from './stored.ts';

/** A run that was not finished, as its folder shows it. */
export interface LiveRun {
  readonly record: RunRecord;
  /** Trials that are whole. */
  readonly trials: readonly JudgedTrial[];
  /** The trial that is being written; null between two, or before the first. */
  readonly current: { readonly id: string; readonly exposure: Exposure | null; readonly console: ConsoleTail } | null;
  /** Race maps that are whole, and the points of one that is being made. */
  readonly maps: number;
  readonly exploring: { readonly id: string; readonly points: number } | null;
  /** Seconds since anything in the folder was written. */
  readonly quietSeconds: number;
}
