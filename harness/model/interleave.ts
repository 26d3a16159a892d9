/** Why and where a machine stopped, as its debugger stub tells. */
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

/** vCPUs that can be stopped, stepped and let go one by one. Threads are vCPUs: CPU n is thread n + 1. */
export interface VcpuControl {
  threads(): Promise<number[]>;
  readRegister(thread: number, name: string): Promise<bigint>;
  readMemory(thread: number, address: bigint, length: number, space?: MemorySpace): Promise<Buffer>;
  writeMemory(thread: number, address: bigint, data: Uint8Array, space?: MemorySpace): Promise<void>;
  insert(breakpoint: Breakpoint): Promise<void>;
  remove(breakpoint: Breakpoint): Promise<void>;
  /** One instruction of one vCPU, interrupts and timers held back; the others stay frozen. */
  step(thread: number): Promise<StopEvent>;
  /** Lets vCPUs run until something stops them; null when nothing did in time, and they still run. */
  resume(threads: readonly number[] | 'all', timeoutMs: number): Promise<StopEvent | null>;
  /** The stop of vCPUs that run already; null when none came in time. */
  waitStop(timeoutMs: number): Promise<StopEvent | null>;
  interrupt(): Promise<StopEvent>;
  readonly running: boolean;
}

/** Whole states of a stopped machine, memory and disks, by name. */
export interface Snapshots {
  /** Keeps the present state; replaces one of the same name. */
  save(name: string): Promise<void>;
  load(name: string): Promise<void>;
}
