// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the workload does when the contender is due: call it; nothing (the control without it); hold every CPU, stop the
 * machine and call it (the positive control).
 */
export const LATENCY_MODES = ['contend', 'quiet', 'stop'] as const;
export type LatencyMode = (typeof LATENCY_MODES)[number];

/**
 * Who measures: our own sampler, which records when each wake-up was; cyclictest, which counts them; or the
 * kernel's tracer timerlat, which records what each waited for.
 */
export const INSTRUMENTS = ['sampler', 'cyclictest', 'timerlat'] as const;
export type Instrument = (typeof INSTRUMENTS)[number];

/** One time at which a real-time thread was to wake. Times are nanoseconds of the guest's CLOCK_MONOTONIC. */
export interface WakeUp {
  readonly cpu: number;
  readonly expectedNs: number;
  /** From the expected time to the thread's own look at the clock. */
  readonly latencyNs: number;
  /** Absent where the instrument does not report it. */
  readonly causes?: WakeUpCauses;
}

/** What a wake-up waited for, nanoseconds that add up to its latency. */
export interface WakeUpCauses {
  /** For the timer's interrupt, while no stopper thread had the CPU. */
  readonly interruptNs: number;
  /** From the interrupt until the thread ran, while no stopper thread had the CPU. */
  readonly threadNs: number;
  /** For the CPU's stopper thread, which is what runs while the machine is stopped. */
  readonly stoppedNs: number;
}

/** One call of the contender, or, in the control without it, when it would have been: then both times are the same. */
export interface ContenderCall {
  readonly startNs: number;
  readonly endNs: number;
}

/** One wait of the contender for readers: a call of `synchronize_rcu()` or `stop_machine()`. */
export interface ReaderWait {
  readonly fromNs: number;
  readonly toNs: number;
}

/** One pass of a swap-in thread over all pages. */
export interface SwapInPass {
  readonly startNs: number;
  readonly durationNs: number;
}

/** What the guest's program was asked to do; the same for every boot of a run but for `mode` and `seed`. */
export interface LatencyWorkload {
  readonly mode: LatencyMode;
  readonly instrument: Instrument;
  /** Calls of the contender in one boot. */
  readonly cycles: number;
  /** Least time from one entry of the contender to the next; at least the horizon. */
  readonly periodUs: number;
  /** Wake-ups belong to a cycle for this long from its entry, whatever the variant. */
  readonly horizonUs: number;
  /** Between two wake-ups of one thread. */
  readonly intervalUs: number;
  readonly pages: number;
  /** Whether a thread swaps the pages in while the contender runs; else it does so after it. */
  readonly race: boolean;
  /** The program gives up after this long; guest's clock. */
  readonly seconds: number;
  /** This long without the return of a thread that swaps in is a hang; guest's clock. */
  readonly hangSeconds: number;
  /** This long the positive control holds every CPU in each cycle, in addition to stopping the machine. */
  readonly holdUs: number;
  readonly seed: number;
}

/** What one boot measured. */
export interface LatencySamples {
  readonly cpus: number;
  /** Each CPU's in the order in which it wrote them. */
  readonly wakeUps: readonly WakeUp[];
  /** In the order of the cycles. */
  readonly windows: readonly ContenderCall[];
  readonly passes: readonly SwapInPass[];
  /** When the contender waited for readers, in their order; absent where that was not traced. */
  readonly waits?: readonly ReaderWait[];
}

/** Why a boot's figures are not used. */
export const UNUSABLE_CAUSES = [
  'boot-failed',
  'hang',
  'guest-lost',
  'wrong-kernel',
  'kernel-complained',
  'program-failed',
  'out-of-time',
  'truncated',
  'clock-stepped-back',
  'thread-never-ran',
  'counted-twice',
  'gap',
  'overlapping-windows',
  'too-few-cycles',
  'nothing-swapped',
  'host-fault',
] as const;
export type UnusableCause = (typeof UNUSABLE_CAUSES)[number];

/** A boot that says nothing about latency, and why. */
export interface Unusable {
  readonly kind: 'inconclusive';
  readonly cause: UnusableCause;
  readonly reason: string;
}

/** What an arm is in the run for. */
export const ARM_ROLES = ['variant', 'null', 'quiet', 'stop'] as const;
export type ArmRole = (typeof ARM_ROLES)[number];

/** One of the things that are compared: a kernel under a workload, with a name of its own. */
export interface Arm {
  readonly id: string;
  readonly role: ArmRole;
  /** The variant whose kernel is booted. */
  readonly variant: string;
  readonly mode: LatencyMode;
}
