// SPDX-License-Identifier: GPL-2.0-only
import type { TargetSignature } from './outcome.ts';
import type { Splat, SplatType } from './splat.ts';

/** What a splat is to a plan. */
export type SplatClass =
  /** The bug that the plan is after. */
  | 'target'
  /** Of a type that the plan is after, but too damaged to show whether it is the one. */
  | 'unreadable'
  /** A detector of the kernel saw something that makes no progress. */
  | 'hang'
  | 'other';

const HANGS: ReadonlySet<SplatType> = new Set(['hung-task', 'soft-lockup', 'hard-lockup', 'rcu-stall']);

/** Complaints after which the complaining task goes on: they do not explain a hang that follows. */
const SURVIVED: ReadonlySet<SplatType> = new Set(['warning', 'lockdep', 'kcsan', 'ubsan', 'atomic-sleep', 'refcount']);

/** True for what a detector of the kernel says of a CPU or a task without progress, as on a host that stands still. */
export function isHangReport({ type }: Pick<Splat, 'type'>): boolean {
  return HANGS.has(type);
}

/** Judges one splat by type and trace. Damage does not matter where the frames that are needed are there. */
export function classify(splat: Splat, target: TargetSignature): SplatClass {
  if (target.types.includes(splat.type)) {
    if (traceFunctions(splat).some((func) => target.frames.includes(func))) return 'target';
    if (splat.damaged.length > 0 || splat.frames.length === 0) return 'unreadable';
  }
  return HANGS.has(splat.type) ? 'hang' : 'other';
}

/** True when a hang after this splat may be its consequence: a dead task keeps its locks. */
export function mayExplainHang(splat: Splat): boolean {
  return !SURVIVED.has(splat.type);
}

/**
 * Functions that were active, inlined ones included. Frames marked `?` are leftovers on the stack and prove nothing.
 */
function traceFunctions(splat: Splat): string[] {
  return splat.frames
    .filter((frame) => frame.reliable || frame.isIp)
    .flatMap((frame) => [frame.func, ...frame.inlined.map((inlined) => inlined.func)]);
}
