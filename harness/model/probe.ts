// SPDX-License-Identifier: GPL-2.0-only
import type { z } from 'zod';
import type { ExitStatus } from './errors.ts';
import type { Expectation } from './plan.ts';
import type { Section } from './section.ts';
import type { ExpectationResult, VariantOutcome } from './verdict.ts';

/**
 * What is done to guests, as a value: everything that plans, runs, audits, reports and the history know of a kind of
 * probe. `harness/probe/table.ts` lists the kinds; nothing else in the harness knows one by name.
 *
 * A probe is a sequence of steps. Each is planned from what the steps before it found (`next`), done to a guest (`run`),
 * and turned from raw files into a finding (`derive`). A run, a resumed run, an audit and a report all call the same
 * `derive`, `judge` and `show`: a figure that they do not all agree on does not exist.
 *
 * @typeParam Spec one probe of a plan, resolved; JSON.
 * @typeParam Args what a step's line in the manifest says beside the common words; JSON.
 * @typeParam Finding what the raw files of one step come to; JSON.
 * @typeParam Stage what `run` may act through (harness/lab); a type parameter, since the model acts on nothing.
 */
export interface ProbeKind<Spec extends ProbeSpec = ProbeSpec, Args = unknown, Finding = unknown, Stage = never> {
  readonly kind: string;
  /** The keys of a probe of this kind in a plan file, and what the file's values come to. */
  readonly plan: ProbeKeys<Spec>;
  /** Shape of a step's `args`, as stored. */
  readonly args: z.ZodType<Args>;
  /**
   * What to do next under `probe`, given what it has; pure, so that a run that was stopped resumes by itself, and an
   * audit can say which steps a run must have made.
   */
  next(probe: Spec, seen: readonly Seen<Args, Finding>[], context: NextContext): Next<Args>;
  /**
   * Does one step to a guest: the only effect. Raw files go below `stage`'s folder as they come; what an earlier start
   * of the same step left there is resumed where the kind can, else removed.
   *
   * @throws what is the harness's own trouble (InterruptedError, HostError); everything else is an end.
   */
  run(step: Step<Args>, probe: Spec, stage: Stage): Promise<StepEnd>;
  /** What the raw files of an ended step say. No judgement, no clock, no environment. */
  derive(step: Step<Args>, probe: Spec, end: StepEnd, files: RawFiles): Promise<Finding>;
  /** What the findings support, against what the plan expects; pure. */
  judge(probe: Spec, seen: readonly Seen<Args, Finding>[], context: JudgeContext): ProbeVerdict;
  /** What a report says of it: rows, notes, plots, test points. Every format draws from this; pure. */
  show(probe: Spec, seen: readonly Seen<Args, Finding>[], verdict: ProbeVerdict): Section;
  /** The figures that the history compares from run to run; pure. */
  trend(probe: Spec, seen: readonly Seen<Args, Finding>[], verdict: ProbeVerdict): readonly TrendFigure[];
}

/** What every probe of a plan has, whatever its kind. */
export interface ProbeSpec {
  readonly kind: string;
  /** Unique in its plan; letters, digits and `. + _ -`. */
  readonly id: string;
  /** Variants that it probes, in the order of its rows. */
  readonly variants: readonly string[];
  /** The variant that must show the bug for absences under this probe to mean anything; null where there is none. */
  readonly control: string | null;
  readonly expect: Readonly<Record<string, Expectation>>;
}

/** The keys of a probe in a plan file. */
export interface ProbeKeys<Spec> {
  /** Shape by key; each optional here, for what is required is asked once the plan's defaults are merged in. */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  /** Keys that must come from the probe or from the plan's defaults. */
  readonly required: readonly string[];
  /** Keys that the plan's `defaults` may give a probe of this kind. */
  readonly defaults: readonly string[];
  /** Makes a spec of the values as parsed. Nothing may be wrong with them any more. */
  resolve(id: string, values: Readonly<Record<string, unknown>>, context: ResolveContext): Spec;
}

export interface ResolveContext {
  /** Variants of the plan, in its order. */
  readonly variants: readonly string[];
}

/** One line of a run's manifest. Its hash names the step's folder (`stepFolder`). */
export interface Step<Args = unknown> {
  /** First 16 hexadecimal digits of the SHA-256 of the plan's text. */
  readonly plan: string;
  readonly probe: string;
  readonly variant: string;
  /** Id of the kernel, and the build id that its guest must report. */
  readonly kernel: string;
  readonly buildId: string;
  /** 0-based, among the steps of its probe and variant. */
  readonly index: number;
  /** Follows from the plan's seed and the words above; 31 bits. */
  readonly seed: number;
  readonly args: Args;
}

/** What `next` plans: the rest of the line follows from the run. */
export interface PlannedStep<Args = unknown> {
  readonly variant: string;
  readonly index: number;
  readonly args: Args;
  /** Why it is worth its time, for people. */
  readonly reason: string;
}

export type Next<Args = unknown> =
  | { readonly kind: 'step'; readonly step: PlannedStep<Args> }
  /** Nothing more to do; why, by variant. */
  | { readonly kind: 'done'; readonly reasons: Readonly<Record<string, string>> };

export interface NextContext {
  /** One-sided significance level of the plan. */
  readonly alpha: number;
  readonly seed: number;
  /** Variants that cannot be run, with the reason: their kernels did not build. */
  readonly unavailable: Readonly<Record<string, string>>;
}

/** How a step came to its end, as the harness saw it. */
export interface StepEnd {
  /** `completed`, or what ended it; the kind's own words are in `detail`. */
  readonly kind: string;
  /** One sentence; empty for `completed`. */
  readonly message: string;
  /** Build id that the guest itself reported; null when none did. */
  readonly guestBuildId: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** JSON of the kind's own: threads that hung, how a machine ended, milliseconds of the boot. */
  readonly detail: unknown;
}

/** A step that ended, and what its files came to. */
export interface Seen<Args = unknown, Finding = unknown> {
  readonly step: Step<Args>;
  readonly end: StepEnd;
  readonly finding: Finding;
}

/** A step's folder, to read from. Nothing is followed out of it. */
export interface RawFiles {
  /** Bytes of a file; null when there is none. */
  bytes(name: string): Promise<Uint8Array | null>;
  text(name: string): Promise<string | null>;
  /** Absolute path, for what must be streamed. */
  path(name: string): string;
  names(): Promise<readonly string[]>;
  /** Looks up source lines in the step's kernel; null where the kernel is not at hand: stored locations stand then. */
  readonly symbols: SymbolLookup | null;
}

/** Source lines of addresses (addr2line); see harness/evidence/symbolize.ts. */
export interface SymbolLookup {
  readonly vmlinux: string;
}

export interface JudgeContext {
  readonly alpha: number;
  readonly unavailable: Readonly<Record<string, string>>;
}

/** What a probe says: of each variant, and of the run. */
export interface ProbeVerdict {
  readonly probe: string;
  readonly kind: string;
  /** Why no absence under this probe means anything; null when they do. */
  readonly blind: string | null;
  readonly variants: readonly ProbedVariant[];
  /** Further things that ask for an exit status: steps that were lost to the host. */
  readonly statuses: readonly { readonly status: ExitStatus; readonly reason: string }[];
}

/** What a probe says of one variant. */
export interface ProbedVariant {
  readonly variant: string;
  readonly outcome: VariantOutcome;
  /** One sentence: why this outcome. */
  readonly reason: string;
  /** How many of the kind's units (trials, points, boots) came to what. */
  readonly counts: Readonly<Record<VariantOutcome, number>>;
  /** Name of that unit, singular. */
  readonly unit: string;
  /** Titles of what was seen with the number of units that showed them; the target's first. */
  readonly signatures: readonly { readonly title: string; readonly count: number; readonly target: boolean }[];
  readonly expectation: ExpectationResult;
  /** Figures of the kind's own, JSON: rates and their intervals, comparisons. */
  readonly figures: unknown;
}

/** A figure that is comparable from run to run. */
export interface TrendFigure {
  readonly variant: string;
  readonly name: string;
  /** As a count among an exposure, or as a ratio to the run's own control. */
  readonly value:
    | { readonly kind: 'rate'; readonly count: number; readonly exposure: number; readonly unit: string }
    | {
        readonly kind: 'ratio';
        readonly ratio: number | null;
        readonly absolute: number | null;
        readonly unit: string;
      };
}
