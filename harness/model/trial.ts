// SPDX-License-Identifier: GPL-2.0-only
import type { ThreadBeat } from './guest-end.ts';

/**
 * Counters of the race as the workload reports them, all since its start. A run of the contender is *exposed* when it
 * returned while at least one operation was in flight in another thread that could still use what the run took away.
 */
export interface Exposure {
  /** Runs of the contender that were entered and did not fail. */
  readonly begun: number;
  /** Those of them that returned and are judged; one may be pending. */
  readonly contenders: number;
  /** Those of them that an operation overlapped at any time, if only before the end. */
  readonly overlapped: number;
  readonly exposed: number;
  /** Operations that found what the contender takes away. */
  readonly operations: number;
  /** Events of /proc/vmstat without which nothing was raced at all, since the workload's start: `pswpin`. */
  readonly vmstat: Readonly<Record<string, number>>;
  /** Calls that failed, by call and errno: `swapon:EBUSY`. */
  readonly errors: Readonly<Record<string, number>>;
  /** Pages whose pattern was not what was written. */
  readonly corruptPages: number;
  /** The first of them. */
  readonly corruptions: readonly Corruption[];
  /** Guest milliseconds since the workload's start. */
  readonly elapsedMs: number;
}

/** A word of a page that came back wrong. What a word holds: guests/src/common/pattern.c. */
export interface Corruption {
  readonly page: number;
  /** Cache line of the page whose first word it is. */
  readonly line: number;
  /** What the thread that saw it was doing. */
  readonly operation: string;
  /** Hexadecimal, with 0x. */
  readonly expected: string;
  readonly found: string;
}

/** Lines that the workload writes to its standard output, one JSON object each, by `t`. */
export type WorkloadMessage =
  | {
      readonly t: 'start';
      readonly threads: number;
      readonly pages: number;
      readonly workload: string;
      readonly seed: number;
    }
  | { readonly t: 'beat'; readonly exposure: Exposure; readonly threads: readonly ThreadBeat[] }
  | { readonly t: 'end'; readonly exposure: Exposure; readonly joined: boolean }
  /** `signal`: by which a worker was killed. */
  | { readonly t: 'fail'; readonly message: string; readonly signal?: number };

/** What a trial's raw workload messages say as a whole. */
export interface WorkloadSummary {
  /** The last counters that arrived; null when none did. */
  readonly exposure: Exposure | null;
  /**
   * Exposed runs of the contender that may have happened after the last counters arrived: the one that was pending, or,
   * where others may have followed, what an interval between two beats held on average. Added where more exposure
   * would weaken a claim.
   */
  readonly unreportedExposure: number;
  /** Number of the signal that killed a worker; null when none did. */
  readonly killedBy: number | null;
  /** True when the end marker arrived and every thread had joined. */
  readonly ended: boolean;
}
