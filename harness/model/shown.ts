// SPDX-License-Identifier: GPL-2.0-only
import type { ProbeSpec, ProbeVerdict, RunVerdict, Step, StepBrief, StepEnd, TrendFigure } from './probe.ts';
import type { RunHeader } from './run.ts';
import type { Section } from './section.ts';

/** A whole run as every report is written from it; a pure function of the run's folder. */
export interface ShownRun {
  readonly header: RunHeader;
  readonly verdict: RunVerdict;
  /** In the plan's order. */
  readonly probes: readonly ShownProbe[];
}

export interface ShownProbe {
  readonly spec: ProbeSpec;
  readonly verdict: ProbeVerdict;
  readonly section: Section;
  readonly steps: readonly ShownStep[];
  readonly trend: readonly TrendFigure[];
}

export interface ShownStep {
  readonly name: string;
  /** Name of its folder. */
  readonly hash: string;
  readonly step: Step;
  readonly end: StepEnd;
  readonly brief: StepBrief;
}

/** The end of a log. */
export interface LogTail {
  /** Decoded as UTF-8; bytes that are none are U+FFFD. */
  readonly text: string;
  /** Bytes of the log before it. */
  readonly omittedBytes: number;
}

/** The end of a step's console. */
export interface StepConsole extends LogTail {
  readonly step: string;
  readonly file: string;
}

/** A run with the ends of its consoles: what the longer reports quote. */
export interface ReportedRun {
  readonly run: ShownRun;
  readonly consoles: readonly StepConsole[];
}

/** A run that was not finished, as its folder shows it. */
export interface LiveRun {
  readonly header: RunHeader;
  /** Of the steps that are whole. */
  readonly probes: readonly Pick<ShownProbe, 'spec' | 'steps'>[];
  /** The first line of each probe's outline. */
  readonly titles: readonly string[];
  /** The step that is being made; null between two, or before the first. */
  readonly current: {
    readonly name: string;
    /** How far it is, in the kind's words; empty when it has not said. */
    readonly progress: string;
    readonly console: LogTail | null;
  } | null;
  /** Seconds since anything in the folder was written. */
  readonly quietSeconds: number;
}
