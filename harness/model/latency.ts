// SPDX-License-Identifier: GPL-2.0-only
import type { Accelerator, AcceleratorChoice, AcceleratorDecision, GuestSpec } from './guest.ts';
import type { GuestEnd } from './guest-end.ts';
import type { KernelRecord, VariantSpec } from './kernel.ts';

/**
 * What the workload does when a swapoff is due: call it; nothing (the control without swapoff); hold every CPU, stop
 * the machine and call it (the positive control).
 */
export const LATENCY_MODES = ['swapoff', 'quiet', 'stop'] as const;
export type LatencyMode = (typeof LATENCY_MODES)[number];

/**
 * Who measures: our own sampler, which tells when each wake-up was; cyclictest, which tells how many there were; or the
 * kernel's tracer timerlat, which tells what each waited for.
 */
export const INSTRUMENTS = ['sampler', 'cyclictest', 'timerlat'] as const;
export type Instrument = (typeof INSTRUMENTS)[number];

/** One time at which a real-time thread was to wake. Times are nanoseconds of the guest's CLOCK_MONOTONIC. */
export interface WakeUp {
  readonly cpu: number;
  readonly expectedNs: number;
  /** From the expected time to the thread's own look at the clock. */
  readonly latencyNs: number;
  /** Absent where the instrument does not tell. */
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

/** One swapoff, or, in the control without, the time at which it would have been: then both times are the same. */
export interface SwapoffWindow {
  readonly startNs: number;
  readonly endNs: number;
}

/** One wait of a swapoff for readers: a call of `synchronize_rcu()` or `stop_machine()`. */
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
  /** Swapoffs of one boot. */
  readonly cycles: number;
  /** Least time from one swapoff's entry to the next; at least the horizon. */
  readonly periodUs: number;
  /** Wake-ups belong to a swapoff for so long from its entry, whatever the variant. */
  readonly horizonUs: number;
  /** Between two wake-ups of one thread. */
  readonly intervalUs: number;
  readonly pages: number;
  /** Whether a thread swaps the pages in while swapoff runs; else it does so behind it. */
  readonly race: boolean;
  /** The program gives up after so long; guest's clock. */
  readonly seconds: number;
  /** So long without a swap-in thread's return is a hang; guest's clock. */
  readonly hangSeconds: number;
  /** So long the positive control holds every CPU in each swapoff, beside stopping the machine. */
  readonly holdUs: number;
  readonly seed: number;
}

/** What one boot measured. */
export interface LatencySamples {
  readonly cpus: number;
  /** Each CPU's in the order in which it wrote them. */
  readonly wakeUps: readonly WakeUp[];
  /** In the order of the swapoffs. */
  readonly windows: readonly SwapoffWindow[];
  readonly passes: readonly SwapInPass[];
  /** When swapoffs waited for readers, in their order; absent where that was not traced. */
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
  'too-few-swapoffs',
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

/** One boot of the design. */
export interface PlannedBoot {
  /** `<block>-<arm>`, safe as a folder name; block has three digits. */
  readonly id: string;
  readonly block: number;
  readonly arm: string;
  readonly seed: number;
}

/**
 * Above which latency a wake-up is an exceedance: a percentile of the control without swapoff in the same run, or so
 * many microseconds.
 */
export type LatencyThreshold =
  { readonly kind: 'quiet-percentile'; readonly percent: number } | { readonly kind: 'fixed'; readonly us: number };

/** How long a run goes on. */
export interface LatencyBudget {
  /** Boots of each arm that are always made, and the most. */
  readonly minBoots: number;
  readonly maxBoots: number;
  /** No further block is begun after so long, seconds of the host's clock. */
  readonly seconds: number;
  /** Narrow enough: the primary interval's half width, as a share of the larger median. */
  readonly precision: number;
}

/** A latency experiment: what `--dry-run` prints and a run executes. */
export interface LatencyPlan {
  readonly name: string;
  readonly describe: string;
  /** Text of the plan file, as read. */
  readonly text: string;
  readonly variants: readonly VariantSpec[];
  /** The first variant is what the others are compared with. */
  readonly arms: readonly Arm[];
  /** Null for a machine that is measured as it runs. */
  readonly guest: GuestSpec | null;
  readonly workload: Omit<LatencyWorkload, 'mode' | 'seed'>;
  readonly threshold: LatencyThreshold;
  /**
   * Whether one fault of each variant is stepped in a guest of its own beside every boot, and its instructions counted.
   */
  readonly instructions: boolean;
  readonly budget: LatencyBudget;
  readonly accelerator: AcceleratorChoice;
  readonly seed: number;
  readonly alpha: number;
}

/** What the host was like around one boot. */
export interface HostSnapshot {
  /** Runnable tasks, one-minute average. */
  readonly load: number;
  /** Share of all CPU time since the boot began that the host's hypervisor gave to others; null when unknown. */
  readonly steal: number | null;
  /** Share that others than idle had. */
  readonly busy: number | null;
}

/** `boot.json`: what was asked of one boot, how it ended, and when. */
export interface LatencyBootRecord {
  readonly boot: PlannedBoot;
  readonly arm: Arm;
  readonly kernelId: string;
  readonly buildId: string;
  readonly workload: LatencyWorkload;
  readonly end: GuestEnd;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly accelerator: Accelerator | 'none';
  readonly guestBuildId: string | null;
  readonly bootMs: number | null;
  /** Of one fault when nobody swaps off, until it has claimed the swap entry; null where none was counted. */
  readonly instructions: number | null;
  readonly host: HostSnapshot;
}

/** `latency.json`: everything that is needed to repeat a run. */
export interface LatencyRunRecord {
  readonly schema: 2;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly plan: LatencyPlan;
  readonly versions: Readonly<Record<string, string>>;
  readonly kernels: Readonly<Record<string, KernelRecord>>;
  /** Null where no guest was booted. */
  readonly accelerator: AcceleratorDecision | null;
  readonly host: Readonly<Record<string, string>>;
  /** Why no further boots were made; null while the run goes on. */
  readonly ended: string | null;
}
