// SPDX-License-Identifier: GPL-2.0-only
import type { Oracle } from './race.ts';
import type { AcceleratorChoice, SwapBackend } from './guest.ts';
import type { HoldKind, PointChoice } from './interleave.ts';
import type { VariantSpec } from './kernel.ts';
import type { Expectation, TargetSignature } from './outcome.ts';
import type { ProbeSpec } from './probe.ts';

export type { Expectation, TargetSignature };

/** How much a probe may spend on one variant. */
export interface StressBudget {
  /** Trials that are always run, and the most that more evidence may add up to. */
  readonly minTrials: number;
  readonly maxTrials: number;
  /** Length of one trial's race, in seconds of the guest's clock. */
  readonly trialSeconds: number;
}

/** Stress: threads of a race's workload against a loop of its contender. */
export interface StressProbe {
  readonly kind: 'stress';
  readonly id: string;
  readonly race: string;
  /** One of the race's workloads. */
  readonly workload: string;
  readonly backend: SwapBackend;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly cmdline: readonly string[];
  /** Threads that race against the contender. */
  readonly threads: number;
  /** Pages that each cycle swaps out and in again. */
  readonly pages: number;
  /** Seconds without progress of a workload thread, while the guest answers, that make a hang. */
  readonly hangSeconds: number;
  /** The variant that must crash for this probe's absences to mean anything. */
  readonly control: string;
  readonly variants: readonly string[];
  readonly budget: StressBudget;
  /** Overrides by variant id. */
  readonly budgets: Readonly<Record<string, Partial<StressBudget>>>;
  readonly expect: Readonly<Record<string, Expectation>>;
}

/** Interleave: an operation is held at points of its path while another goes on (docs/interleave.md). */
export interface InterleaveProbe {
  readonly kind: 'interleave';
  readonly id: string;
  readonly race: string;
  /** How the race's own bug shows. */
  readonly oracle: readonly Oracle[];
  /** The operation of the race that is held. */
  readonly path: string;
  readonly backend: SwapBackend;
  readonly hold: HoldKind;
  /** The operation that goes on meanwhile. */
  readonly meanwhile: string;
  readonly points: PointChoice;
  /** Attempts at each point. */
  readonly repeats: number;
  /** The variant whose map must show the bug for the absences in others to mean anything. */
  readonly control: string;
  readonly variants: readonly string[];
  readonly expect: Readonly<Record<string, Expectation>>;
}

/** A parsed plan: everything resolved, paths absolute. What `--dry-run` prints and a run executes. */
export interface Plan {
  readonly name: string;
  readonly describe: string;
  /** Text of the plan file, as read; stored with the run. */
  readonly text: string;
  readonly variants: readonly VariantSpec[];
  /** Stress; they run first. */
  readonly probes: readonly StressProbe[];
  readonly explorations: readonly InterleaveProbe[];
  /** Probes of the kinds that harness/probe/table.ts lists, in the file's order; absent where there is none. */
  readonly generic?: readonly ProbeSpec[];
  readonly target: TargetSignature;
  readonly accelerator: AcceleratorChoice;
  /** Seeds of trials derive from this one. */
  readonly seed: number;
  /** One-sided significance level for `clean`, e.g. 0.05. */
  readonly alpha: number;
}

/** What `probe` may spend on `variant`: the probe's budget with the variant's overrides. */
export function budgetOf(probe: StressProbe, variant: string): StressBudget {
  return { ...probe.budget, ...probe.budgets[variant] };
}
