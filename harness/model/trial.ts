// SPDX-License-Identifier: GPL-2.0-only
import type { Accelerator, AcceleratorDecision, SwapBackend } from './guest.ts';
import type { GuestEnd, ThreadBeat } from './guest-end.ts';
import type { KernelRecord } from './kernel.ts';
import type { Plan } from './plan.ts';
import type { Trouble } from './run.ts';
import type { Splat } from './splat.ts';

export type { Trouble };

/** One boot, one workload: a pure function of these values, written once under `id`. */
export interface TrialSpec {
  /** `<probe>-<variant>-<index>`, safe as a folder name. */
  readonly id: string;
  readonly probe: string;
  readonly variant: string;
  readonly index: number;
  readonly kernelId: string;
  readonly buildId: string;
  readonly seed: number;
  readonly race: string;
  readonly workload: string;
  readonly backend: SwapBackend;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly cmdline: readonly string[];
  readonly threads: number;
  readonly pages: number;
  readonly seconds: number;
  readonly hangSeconds: number;
}

/**
 * Counters of the race as the workload reports them, all since its start. One *exposed* swapoff is one that was
 * overlapped by at least one swap-in in flight in another thread.
 */
export interface Exposure {
  readonly swapoffs: number;
  readonly exposedSwapoffs: number;
  /** Faults that found their page swapped out (major, or minor through the swap cache). */
  readonly swapIns: number;
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

/** Everything that one trial left, without opinion. */
export interface Evidence {
  readonly spec: TrialSpec;
  readonly end: GuestEnd;
  /** Build id that the guest itself reported; null when it never did. */
  readonly guestBuildId: string | null;
  readonly splats: readonly Splat[];
  /** The last counters that arrived; null when none did. */
  readonly exposure: Exposure | null;
  /**
   * Most exposed swapoffs that can have happened after the last counters arrived: what one interval between two
   * beats held at most. Added where more exposure would weaken a claim.
   */
  readonly unreportedExposure: number;
  /** True when the console ended in the middle of a line or a splat. */
  readonly consoleTruncated: boolean;
  readonly consoleBytes: number;
}

/** What a trial's raw workload messages say as a whole. */
export interface WorkloadSummary {
  /** The last counters that arrived; null when none did. */
  readonly exposure: Exposure | null;
  /** As in Evidence. */
  readonly unreportedExposure: number;
  /** True when the end marker arrived and every thread had joined. */
  readonly ended: boolean;
}

/** Facts of a trial that its console and its workload do not tell. */
export interface TrialMeta {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly accelerator: Accelerator;
  /** Build id that the guest itself reported; null when it never did. */
  readonly guestBuildId: string | null;
  /** Milliseconds from exec to the first answer over SSH; null when none came. */
  readonly bootMs: number | null;
}

/** `trial.json`: what was asked, how it ended, and when. */
export interface TrialRecord {
  readonly spec: TrialSpec;
  readonly end: GuestEnd;
  readonly meta: TrialMeta;
}

/** `run.json`: everything that is needed to repeat a run. */
export interface RunRecord {
  readonly schema: 1;
  /** Sorts by time; the name of the run's folder. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly planFile: string;
  /** As resolved, with the text that was read. */
  readonly plan: Plan;
  /** Programs by name: `node`, `qemu`, `gcc`, `swaprace` … */
  readonly versions: Readonly<Record<string, string>>;
  /** By variant id; a variant that did not build has none. */
  readonly kernels: Readonly<Record<string, KernelRecord>>;
  /** Null until it was decided. */
  readonly accelerator: AcceleratorDecision | null;
  /** CPU model, number of CPUs, memory, kernel …, as text. */
  readonly host: Readonly<Record<string, string>>;
  /** Command lines that repeat the run, in order. */
  readonly commands: readonly string[];
  readonly troubles: readonly Trouble[];
}
