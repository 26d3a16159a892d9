// SPDX-License-Identifier: GPL-2.0-only
import type { ThreadBeat } from './guest-end.ts';

/**
 * Counters of the race as the workload reports them, all since its start. An *exposed* run of
 * the contender is one that was overlapped by at least one operation in flight in another thread.
 */
export interface Exposure {
  readonly contenders: number;
  readonly exposed: number;
  /** Operations that could still use what the contender takes away. */
  readonly operations: number;
  /** pswpin of /proc/vmstat since the workload's start, pages. */
  readonly pswpin: number;
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
  | { readonly t: 'fail'; readonly message: string };

/** What a trial's raw workload messages say as a whole. */
export interface WorkloadSummary {
  /** The last counters that arrived; null when none did. */
  readonly exposure: Exposure | null;
  /**
   * Most exposed runs of the contender that can have happened after the last counters arrived: what one interval
   * between two beats held at most. Added where more exposure would weaken a claim.
   */
  readonly unreportedExposure: number;
  /** True when the end marker arrived and every thread had joined. */
  readonly ended: boolean;
}
