// SPDX-License-Identifier: GPL-2.0-only
import type { GuestEnd } from './guest-end.ts';
import type { CodePlace } from './interleave.ts';
import type { WorkloadSummary } from './trial.ts';

/** One or two holds that a search chose at random, while the stress workload runs. */
export interface Preemption {
  /** Milliseconds of a vCPU that everything runs before, so that the contender is anywhere. */
  readonly gapMs: number;
  /** The function at whose entry the first thread that arrives is caught. */
  readonly func: string;
  /** Instructions that it then makes alone before it is held. */
  readonly steps: number;
  /**
   * A function at which the contender is caught meanwhile, and kept until the first thread has gone on; null lets it return.
   */
  readonly contenderTo: string | null;
}

/** What the other side had done when the held thread was released. */
export type ContenderMeanwhile = 'returned' | 'kept' | 'went on';

/** One preemption of a search, and what came of it. */
export interface SearchRound {
  /** 0-based; with the search's seed it says what was chosen. */
  readonly round: number;
  /** The guest in which it happened, 0-based. */
  readonly guest: number;
  readonly preemption: Preemption;
  /** Where the thread was held; null when none reached the function. */
  readonly held: CodePlace | null;
  /** Functions of the held thread, innermost first. */
  readonly chain: readonly string[];
  /** Null when no thread was held. */
  readonly contender: ContenderMeanwhile | null;
  /** Title of the splat that came during the round. */
  readonly splat: string | null;
  readonly elapsedMs: number;
}

/** Why a guest of a search was given up. */
export type SearchedGuestEnd =
  | Exclude<GuestEnd, { readonly kind: 'splat' }>
  | { readonly kind: 'splat'; readonly title: string }
  | { readonly kind: 'corruption'; readonly pages: number };

export interface SearchedGuest {
  readonly guest: number;
  readonly end: SearchedGuestEnd;
  readonly rounds: number;
  readonly workload: WorkloadSummary;
}

/** What is searched, and how. Whoever repeats it gets the same preemptions. */
export interface SearchSpec {
  readonly variant: string;
  readonly kernelId: string;
  readonly buildId: string;
  /** The plan’s stress probe whose machine and workload are taken. */
  readonly probe: string;
  readonly seed: string;
  /** Preemptions at most. */
  readonly rounds: number;
  /** Guests that may come to a finding before the search ends. */
  readonly findings: number;
  /** Functions at which threads are caught. */
  readonly functions: readonly string[];
  /** Functions at which the contender is kept. */
  readonly contenderFunctions: readonly string[];
}

/** A finding minimised to a schedule that reproduces it deterministically. */
export interface Minimised {
  /** As YAML. */
  readonly schedule: string;
  /** Attempts that met what it expects. */
  readonly met: number;
  readonly attempts: number;
}

/** A search that came to its end. */
export interface Search {
  readonly schema: 1;
  readonly spec: SearchSpec;
  readonly guests: readonly SearchedGuest[];
  /** Preemptions that held a thread. */
  readonly held: number;
  /** Null where nothing was found, or no placed schedule gives it. */
  readonly minimised: Minimised | null;
}

/** Whether a guest was given up without a sign of the kernel's: nothing follows from it. */
export function isLost({ kind }: SearchedGuestEnd): boolean {
  return kind !== 'completed' && kind !== 'splat' && kind !== 'stalled' && kind !== 'corruption';
}

/** Guests whose end is a finding about the kernel. */
export function findingsOf(guests: readonly SearchedGuest[]): SearchedGuest[] {
  return guests.filter(({ end }) => end.kind !== 'completed' && !isLost(end));
}

/** Swapoffs of all guests, as far as their workloads told. */
export function swapoffsOf(guests: readonly SearchedGuest[]): { readonly all: number; readonly exposed: number } {
  const sum = (of: (guest: SearchedGuest) => number): number => guests.reduce((total, guest) => total + of(guest), 0);
  return {
    all: sum(({ workload }) => workload.exposure?.swapoffs ?? 0),
    exposed: sum(({ workload }) => workload.exposure?.exposedSwapoffs ?? 0),
  };
}
