// SPDX-License-Identifier: GPL-2.0-only
import type { AcceleratorChoice } from './guest.ts';
import type { VariantSpec } from './kernel.ts';
import type { TargetSignature } from './outcome.ts';
import type { ProbeSpec } from './probe.ts';

/** A parsed plan: everything resolved, paths absolute. What `--dry-run` prints and a run executes. */
export interface Plan {
  readonly name: string;
  readonly describe: string;
  /** Text of the plan file, as read; stored with the run. */
  readonly text: string;
  readonly variants: readonly VariantSpec[];
  /** In the file's order, which is that in which they run. */
  readonly probes: readonly ProbeSpec[];
  readonly target: TargetSignature;
  readonly accelerator: AcceleratorChoice;
  /** Seeds of steps derive from this one; null lets each run have its own. */
  readonly seed: number | null;
  /** How often a limit may be too low, for all variants of a probe together; e.g. 0.05. */
  readonly alpha: number;
}
