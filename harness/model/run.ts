// SPDX-License-Identifier: GPL-2.0-only
import type { Fault } from './errors.ts';
import type { AcceleratorDecision } from './guest.ts';
import type { KernelRecord } from './kernel.ts';
import type { Plan } from './plan.ts';
import { stepSeed } from './probe.ts';

/** The harness's own trouble in a run: a variant that did not build, a full disk, an interruption. */
export interface Trouble {
  readonly fault: Fault;
  /** The variant that it concerns; null for the whole run. */
  readonly variant: string | null;
  readonly message: string;
}

/** A plan as it is run. */
export interface SeededPlan extends Plan {
  readonly seed: number;
}

/**
 * A plan that names no seed gets one that follows from the run's id, which no other run has: nights on the same seed
 * would race at the same offsets every time.
 */
export function seeded(plan: Plan, runId: string): SeededPlan {
  return { ...plan, seed: plan.seed ?? stepSeed(0, runId) };
}

/** `run.json`: everything that is needed to repeat a run. */
export interface RunHeader {
  readonly schema: 2;
  /** Sorts by time; the name of the run's folder. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly planFile: string;
  /** As resolved, with the text that was read. */
  readonly plan: SeededPlan;
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
