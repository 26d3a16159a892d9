// SPDX-License-Identifier: GPL-2.0-only
import type { Splat } from './splat.ts';

/** Why and where a machine stopped, as its debugger stub reports. */
export interface StopEvent {
  /** Signal number: 5 (SIGTRAP) at a breakpoint or after a step, 2 (SIGINT) after an interruption. */
  readonly signal: number;
  /** The vCPU that stopped; null when the stub names none. */
  readonly thread: number | null;
}

export type MemorySpace = 'virtual' | 'physical';

export interface Breakpoint {
  readonly kind: 'software' | 'hardware';
  readonly address: bigint;
}

/** vCPUs that can be stopped, stepped and released one by one. Threads are vCPUs: CPU n is thread n + 1. */
export interface VcpuControl {
  threads(): Promise<number[]>;
  readRegister(thread: number, name: string): Promise<bigint>;
  readMemory(thread: number, address: bigint, length: number, space?: MemorySpace): Promise<Buffer>;
  writeMemory(thread: number, address: bigint, data: Uint8Array, space?: MemorySpace): Promise<void>;
  insert(breakpoint: Breakpoint): Promise<void>;
  remove(breakpoint: Breakpoint): Promise<void>;
  /** One instruction of one vCPU, interrupts and timers held back; the others stay frozen. */
  step(thread: number): Promise<StopEvent>;
  /** Lets vCPUs run; the others stay frozen. */
  resume(threads: readonly number[] | 'all'): void;
  /** What stops those that run; null when nothing did in time, and they run on. */
  waitStop(timeoutMs: number): Promise<StopEvent | null>;
  /** Stops those that run. A stop that was already under way counts. */
  interrupt(): Promise<StopEvent>;
  readonly running: boolean;
}

/** Whole states of a stopped machine, memory and disks, by name. */
export interface Snapshots {
  /** Keeps the present state; replaces one of the same name. */
  save(name: string): Promise<void>;
  load(name: string): Promise<void>;
}

/** How the held thread is kept from going on. */
export type HoldKind =
  /** Its vCPU is frozen: nothing that needs this CPU works meanwhile. */
  | 'stall'
  /** A real-time thread takes its CPU: grace periods, stop_machine and interrupts go on. */
  | 'preempt';

/** One instruction of the held thread's path, by a name that other boots of the same kernel understand. */
export interface PathPoint {
  /** Instructions from the anchor; a name inside one snapshot only. */
  readonly index: number;
  /** Hexadecimal, with 0x. */
  readonly address: string;
  readonly func: string;
  /** Bytes from the function's first. */
  readonly offset: number;
  /** How often the path had been at this address when it came here, counted from 1. */
  readonly occurrence: number;
}

/** Which points of a path are explored. */
export type PointChoice =
  | { readonly kind: 'all' }
  /** The first instruction of every call on the path. */
  | { readonly kind: 'functions' }
  | { readonly kind: 'every'; readonly count: number };

export interface PointRange {
  /** Inclusive; absent is the path's own end. */
  readonly from?: number;
  readonly to?: number;
}

/** A random part of the points, the same for the same seed. */
export interface PointSample {
  readonly count: number;
  readonly seed: string;
}

/** A place in the kernel, without the path that led there. */
export interface CodePlace {
  readonly address: string;
  readonly func: string;
  readonly offset: number;
}

/** A function and where it is at an address; inlined ones come before those they were inlined into. */
export interface SourceFrame {
  readonly func: string;
  /** `file:line`; null where the line table has none. */
  readonly location: string | null;
}

/** What came of holding the thread at a point. */
export type PointOutcome =
  /** `splat`: null where only its title was kept, as maps of earlier releases did. */
  | { readonly kind: 'oops'; readonly signature: string; readonly splat: Splat | null }
  | { readonly kind: 'corruption'; readonly what: string }
  /** No end; the call chains, innermost first, say where the threads were. */
  | { readonly kind: 'hang'; readonly where: string; readonly backtraces: Readonly<Record<string, readonly string[]>> }
  /** The contender did not return while the thread was held, and all was well afterwards. */
  | { readonly kind: 'waited'; readonly where: string }
  /** The contender returned first, and the thread noticed: it read nothing from the device. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'ok' }
  | { readonly kind: 'inconclusive'; readonly reason: string };

/** What of an observation is kept next to its outcome, which follows from it: an audit asks whether it does. */
export type KeptObservation = Omit<Observation, 'splat' | 'backtraces'>;

/** One attempt at one point. */
export interface PointResult {
  readonly point: PathPoint;
  readonly hold: HoldKind;
  /** Where the thread was when it was really held; null when it never was, or when that could not be read. */
  readonly landed: CodePlace | null;
  readonly outcome: PointOutcome;
  /** Null where the attempt failed: nothing was seen. */
  readonly seen: KeptObservation | null;
  readonly elapsedMs: number;
}

/** Everything that was seen of one attempt, without opinion. */
export interface Observation {
  readonly end: 'done' | 'splat' | 'deadline';
  /** The first splat, frames not symbolised; null when there was none. */
  readonly splat: Splat | null;
  /** Whether the contender returned while the thread was held. */
  readonly contenderReturned: boolean;
  /** The place at which the contender was to be kept while the thread went on; null when it was to return. */
  readonly contenderTo: string | null;
  /** Whether it came there while the thread was held. */
  readonly contenderKept: boolean;
  /** Where the contender waited while the thread was held; null when it returned then, or had not been called. */
  readonly waitedIn: string | null;
  /** Whether the thread was inside its operation when the contender returned, or was where it was to be kept. */
  readonly heldWhenOvertaken: boolean;
  /** What the operations returned: 0, errno, or a shell's exit status; 0 for one that returns nothing. */
  readonly contenderErrno: number;
  readonly heldErrno: number;
  readonly majorFaults: number;
  /** What the race's check found wrong when all was over: `2 wrong pages`. */
  readonly wrongs: readonly string[];
  /** Call chains by thread, innermost first; only with `deadline`. */
  readonly backtraces: Readonly<Record<string, readonly string[]>>;
  /** The innermost function that the held thread does not return from; only with `deadline`. */
  readonly stuckIn: string | null;
}

/** Points that were not run because a neighbour stands for them, and the proof by those that were run all the same. */
export interface MergeSummary {
  /** Points that were not run. */
  readonly represented: number;
  /** Points that were run though a neighbour stands for them. */
  readonly checked: number;
  /** Where such a point and its neighbour came to different outcomes; any of them voids the map. */
  readonly differences: readonly string[];
}

/** The path as it was stepped. */
export interface ExploredPath {
  /** Where its points begin: the name of a function, or for entries the end of the stepped path. */
  readonly anchor: string;
  /** Why it ends where it does. */
  readonly end: string;
  readonly points: readonly PathPoint[];
  /** For each point that is left out, by name, the one that stands for it; null where no points are merged. */
  readonly represented: Readonly<Record<string, string>> | null;
}

/** Follows a console for splats, from one restore to the next. */
export interface SplatFollower {
  /** Forgets everything: the guest's time has gone back. */
  restart(): void;
  /** Resolves when a splat has come whole; never when none comes. */
  whole(): Promise<void>;
  /** Titles of what has come, in order, whole or not. */
  titles(): readonly string[];
  /** The same as splats; what is open ends here. */
  splats(): readonly Splat[];
}

/** A guest whose vCPUs can be placed, as the stage that places them needs it. */
export interface PlacedMachine {
  readonly vcpus: VcpuControl;
  readonly snapshots: Snapshots;
  readonly splats: SplatFollower;
  /** Writes the stopped guest's memory and registers as an ELF core; `file` is absolute. */
  dump(file: string): Promise<void>;
  /** Releases the vCPUs, which stay stopped, so that another debugger can take them. @returns the stub's socket. */
  handOver(): string;
  /**
   * CPU milliseconds that all vCPUs together have run. Deadlines are counted in them: on a busy host a guest that
   * had no turn is not one that hangs.
   */
  workMs(): Promise<number>;
}
