// SPDX-License-Identifier: GPL-2.0-only
import type { TrialMeta } from '../model/trial.ts';
import type { RunResult } from '../model/verdict.ts';

/** The end of a trial's console. */
export interface ConsoleTail {
  /** Decoded as UTF-8; bytes that are none are U+FFFD. */
  readonly text: string;
  /** Bytes of the log before it. */
  readonly omittedBytes: number;
}

/** A run as its folder has it: what the longer reports are written from, and nothing else. */
export interface StoredRun {
  readonly run: RunResult;
  /** By trial id. */
  readonly metas: ReadonlyMap<string, TrialMeta>;
  /** By trial id, for trials whose console says something. */
  readonly consoles: ReadonlyMap<string, ConsoleTail>;
}
