// SPDX-License-Identifier: GPL-2.0-only
import type { PathPoint, VcpuControl } from '../model/interleave.ts';
import { stepOn } from './step.ts';
import type { SymbolTable } from './symbols.ts';

/** Where a path ends. */
export interface PathLimits {
  /** The path ends when the first of these functions that the kernel has returns for the first time. */
  readonly untilReturnOf: readonly string[];
  /** Most instructions. */
  readonly limit: number;
}

export interface TracedPath {
  /** From the anchor, index 0, in order; complete. */
  readonly points: readonly PathPoint[];
  readonly end: string;
  /** Where the points begin, in words, when that is not the anchor. */
  readonly from?: string;
}

/** Functions in which a thread goes to sleep: stepping, with interrupts masked, gets no further. */
const SLEEPS = ['__schedule', 'schedule'];

/**
 * Steps a vCPU from the anchor and names every instruction. The same snapshot gives the same path each time.
 *
 * @throws InterruptedError or the signal's reason when `signal` aborts.
 */
export async function tracePath(
  vcpus: VcpuControl,
  thread: number,
  symbols: SymbolTable,
  limits: PathLimits,
  signal: AbortSignal,
): Promise<TracedPath> {
  const namer = new PointNamer(symbols);
  const until = limits.untilReturnOf
    .map((name) => ({ name, address: symbols.addressOf(name) }))
    .find(({ address }) => address !== null);
  const sleeps = new Set(SLEEPS.map((name) => symbols.addressOf(name)));
  const points: PathPoint[] = [];
  let returnsTo: bigint | null = null;
  for (let pc = await vcpus.readRegister(thread, 'rip'); ; pc = await stepOn(vcpus, thread, pc)) {
    signal.throwIfAborted();
    if (pc === returnsTo) return { points, end: `${until?.name ?? '?'} returned` };
    if (sleeps.has(pc)) return { points, end: `the thread sleeps after ${points.at(-1)?.func ?? 'the anchor'}` };
    if (points.length >= limits.limit) return { points, end: `${limits.limit} instructions` };
    if (pc === until?.address) returnsTo ??= await returnAddress(vcpus, thread);
    points.push(namer.name(pc, points.length));
  }
}

/** At a function's first instruction the return address is on top of the stack. */
async function returnAddress(vcpus: VcpuControl, thread: number): Promise<bigint> {
  const rsp = await vcpus.readRegister(thread, 'rsp');
  return (await vcpus.readMemory(thread, rsp, 8)).readBigUInt64LE(0);
}

/** Gives addresses names that hold beyond one snapshot. */
export class PointNamer {
  readonly #seen = new Map<bigint, number>();

  constructor(private readonly symbols: SymbolTable) {}

  name(pc: bigint, index: number): PathPoint {
    const occurrence = (this.#seen.get(pc) ?? 0) + 1;
    this.#seen.set(pc, occurrence);
    const place = this.symbols.place(pc);
    return { index, address: `0x${pc.toString(16)}`, func: place?.func ?? '?', offset: place?.offset ?? 0, occurrence };
  }
}
