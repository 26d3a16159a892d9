// SPDX-License-Identifier: GPL-2.0-only
import type { ProgressListener } from '../model/events.ts';
import type { Kernel } from '../model/kernel.ts';
import type { ProbeKind, ProbeSpec } from '../model/probe.ts';
import type { Lab } from '../lab/lab.ts';

/** What a kind of probe may act through while it does one step. */
export interface Stage {
  readonly kernel: Kernel;
  /** @throws UsageError `NO_GUESTS` where a machine that runs already is probed: no guest is booted then. */
  readonly lab: Lab;
  readonly files: StepFiles;
  /** Aborts when the person or the machine asks to stop. */
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
  /** How far the step is, on one line; shown live and not kept. */
  readonly progress: (text: string) => void;
}

/** The folder of a step that is being made. What an earlier start of the same step left is in it. */
export interface StepFiles {
  /** Absolute path of a raw file; a flat name. Consoles are `console*.log`. @throws HostError `NOT_A_RAW_FILE`. */
  path(name: string): string;
}

/** A kind with its effect: what `PROBES` lists. */
export type AnyKind = ProbeKind<ProbeSpec, unknown, unknown, Stage>;
