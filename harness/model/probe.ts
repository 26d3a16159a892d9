// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { EXIT } from './errors.ts';
import type { SourceFrame } from './interleave.ts';
import {
  expectationResult,
  OUTCOMES,
  STEP_OUTCOMES,
  type Expectation,
  type StepOutcome,
  type TargetSignature,
} from './outcome.ts';
import type { Race } from './race.ts';
import type { Section } from './section.ts';
import type { Splat } from './splat.ts';

/**
 * What is done to guests, as a value: everything that plans, runs, audits, reports and the history know of a kind of
 * probe. `harness/probe/table.ts` lists the kinds; nothing else in the harness knows one by name.
 *
 * A probe is a sequence of steps. Each is planned from what the steps before it found (`next`), done to a guest
 * (`run`), and turned from raw files into a finding (`derive`). A run, a resumed run, an audit and a report all call
 * the same `derive`, `judge` and `show`: a figure that they do not all agree on does not exist.
 *
 * @typeParam Spec one probe of a plan, resolved; JSON.
 * @typeParam Args what a step's line in the manifest says after the common words; JSON.
 * @typeParam Finding what the raw files of one step come to; JSON.
 * @typeParam Stage what `run` may act through (harness/probe/stage.ts); a type parameter, since the model acts on
 *   nothing.
 */
export interface ProbeKind<Spec extends ProbeSpec = ProbeSpec, Args = unknown, Finding = unknown, Stage = never> {
  readonly kind: string;
  /** The keys of a probe of this kind in a plan file, and what the file's values come to. */
  readonly plan: ProbeKeys<Spec>;
  /** Shapes as stored: of a probe in run.json, of a step's `args` in the manifest, of a finding.json. */
  readonly spec: z.ZodType<Spec>;
  readonly args: z.ZodType<Args>;
  readonly finding: z.ZodType<Finding>;
  /** What it would do, for `--dry-run` and for progress; pure. */
  outline(probe: Spec): Outline;
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
  /**
   * What cannot be: a raw file against what the step was asked for, or against how it says that it ended. An audit asks
   * this of every step; what a run leaves by itself contradicts nothing.
   */
  contradictions(probe: Spec, seen: Seen<Args, Finding>, files: RawFiles): Promise<readonly Contradiction[]>;
  /** What came of one step, in short: for progress, live pages and lists of steps; pure. */
  brief(probe: Spec, seen: Seen<Args, Finding>): StepBrief;
  /** What the findings support, against what the plan expects; pure. */
  judge(probe: Spec, seen: readonly Seen<Args, Finding>[], context: JudgeContext): ProbeVerdict;
  /** What a report says of it: rows, notes, plots, test points. Every format draws from this; pure. */
  show(probe: Spec, seen: readonly Seen<Args, Finding>[], verdict: ProbeVerdict, context: JudgeContext): Section;
  /** The figures that the history compares from run to run; pure. */
  trend(probe: Spec, seen: readonly Seen<Args, Finding>[], verdict: ProbeVerdict): readonly TrendFigure[];
}

/** What every probe of a plan has, whatever its kind. */
export interface ProbeSpec {
  readonly kind: string;
  /** Unique in its plan; letters, digits and `. + _`. */
  readonly id: string;
  /** Variants that it probes, in the order of its rows. */
  readonly variants: readonly string[];
  /** The variant that must show the bug for absences under this probe to mean anything; null where there is none. */
  readonly control: string | null;
  readonly expect: Readonly<Record<string, Expectation>>;
}

const expectation = z.strictObject({
  accept: z.array(z.enum(OUTCOMES)).readonly(),
  known: z.array(z.enum(OUTCOMES)).readonly(),
});

/** Shape of what every stored probe has; a kind's `spec` extends it: `z.strictObject({ ...probeSpec, … })`. */
export const probeSpec = {
  id: z.string(),
  variants: z.array(z.string()).readonly(),
  control: z.string().nullable(),
  expect: z.record(z.string(), expectation.readonly()).readonly(),
};

/**
 * The keys of a probe in a plan file. `kind`, `control`, `variants` and `expect` are every kind's and are not named
 * here, but in `required` and `defaults`.
 */
export interface ProbeKeys<Spec> {
  /** Shape by key; each optional here, for what is required is asked once the plan's defaults are merged in. */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  /** Keys that must come from the probe or from the plan's defaults. */
  readonly required: readonly string[];
  /** Keys that the plan's `defaults` may give a probe of this kind. */
  readonly defaults: readonly string[];
  /** Of these, mappings that are merged key by key rather than replaced; `expect` always is. */
  readonly merged?: readonly string[];
  /** Of these, mappings from variants to values; `expect` always is. */
  readonly byVariant?: readonly string[];
  /**
   * What no shape can say: values that must fit each other. The values are the file's, defaults merged in, and may be
   * anything: what has another shape is passed over, for it is reported already.
   */
  check?(values: Readonly<Record<string, unknown>>, context: CheckContext): readonly KeyProblem[];
  /** Makes a spec of the values as parsed. Nothing may be wrong with them any more. */
  resolve(common: ProbeSpec, values: Readonly<Record<string, unknown>>, context: ResolveContext): Spec;
}

/** Parsed values of a shape, each of which may be absent: what `resolve` is given. */
export type KeyValues<Shape extends Readonly<Record<string, z.ZodType>>> = {
  readonly [Key in keyof Shape]?: z.output<Shape[Key]>;
};

/** One thing that is wrong with a probe of a plan. */
export interface KeyProblem {
  /** Keys and indexes, from the probe. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface CheckContext {
  /** The probe's. */
  readonly variants: readonly string[];
  /** What its folder says (harness/race); null where there is none of the plan's name. */
  readonly race: Race | null;
}

export interface ResolveContext {
  /** Variants of the plan, in its order. */
  readonly variants: readonly string[];
  readonly target: TargetSignature;
  /** What its folder says (harness/race). */
  readonly race: Race;
}

/** What a probe would do. */
export interface Outline {
  /** The first says what is done to what; the others, a line a variant, what is expected of it. */
  readonly lines: readonly string[];
  /** Steps that are made in any case, and the most that more evidence may add up to. */
  readonly least: number;
  readonly most: number;
}

/** One line of a run's manifest. Its hash names the step's folder (`harness/results/layout.ts`). */
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

/** `<probe>-<variant>-<index>`: a step as people name it; unique in its run. */
export function stepName({ probe, variant, index }: Pick<Step, 'probe' | 'variant' | 'index'>): string {
  return `${probe}-${variant}-${index}`;
}

/** A seed of its own for every step: FNV-1a over the plan's seed and the step's name, 31 bits. */
export function stepSeed(planSeed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const char of `${planSeed}/${name}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return hash >>> 1;
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
export const stepEnd = z
  .strictObject({
    /** `completed`, or what ended it; the kind's own words are in `detail`. */
    kind: z.string(),
    /** One sentence; empty for `completed`. */
    message: z.string(),
    /** Build id that the guest itself reported; null when none did. */
    guestBuildId: z.string().nullable(),
    /** ISO 8601, UTC. */
    startedAt: z.string(),
    endedAt: z.string(),
    /** JSON of the kind's own: threads that hung, how a machine ended, milliseconds of the boot. */
    detail: z.unknown(),
  })
  .readonly();
export type StepEnd = z.infer<typeof stepEnd>;

/** A step that ended, and what its files came to. */
export interface Seen<Args = unknown, Finding = unknown> {
  readonly step: Step<Args>;
  readonly end: StepEnd;
  readonly finding: Finding;
}

/** Something of a step that cannot be. */
export interface Contradiction {
  /** A raw file; null for how the step ended. */
  readonly file: string | null;
  readonly what: string;
}

/** What came of a step, in short. */
export interface StepBrief {
  readonly outcome: StepOutcome;
  /** What the outcome leaves unsaid: a title, a reason; may be empty. */
  readonly words: string;
  /** True where the step was not even begun on the kernel that was meant: it counts for nothing. */
  readonly void: boolean;
  /** What it measured, for formats that keep one number a step. */
  readonly measured: { readonly value: number; readonly unit: string } | null;
  /** Titles of what it showed, once each. */
  readonly titles: readonly string[];
  /** Text of its first splat; null when there is none. */
  readonly splat: string | null;
  /** Columns of a table of all steps, by their heads; equal heads for all steps of a probe. */
  readonly cells: Readonly<Record<string, string | number>>;
}

/** A step's folder, to read from. Nothing is followed out of it. */
export interface RawFiles {
  /** Bytes of a file; null when there is none. */
  bytes(name: string): Promise<Uint8Array | null>;
  text(name: string): Promise<string | null>;
  /** Absolute path, for what must be streamed. */
  path(name: string): string;
  /** Raw files, sorted; what the store itself writes is not among them. */
  names(): Promise<readonly string[]>;
  /** Looks up source lines in the step's kernel; where that is not at hand, in what was looked up before. */
  readonly symbols: SymbolLookup;
}

/** Source lines of a kernel. What is not known stays as it is, or empty. */
export interface SymbolLookup {
  /** The same splats, their frames with file, line and inlined functions. */
  splats(splats: readonly Splat[]): Promise<readonly Splat[]>;
  /** Functions at addresses (`0x…`), innermost first. */
  places(addresses: readonly string[]): Promise<ReadonlyMap<string, readonly SourceFrame[]>>;
}

export interface JudgeContext {
  readonly alpha: number;
  readonly unavailable: Readonly<Record<string, string>>;
}

const count = z.number().int().nonnegative();

const probedVariant = z
  .strictObject({
    variant: z.string(),
    outcome: z.enum(OUTCOMES),
    /** One sentence: why this outcome. */
    reason: z.string(),
    /** How many of the kind's units (trials, points, boots) came to what. */
    counts: z.record(z.enum(STEP_OUTCOMES), count).readonly(),
    /** Name of that unit, singular. */
    unit: z.string(),
    /** Titles of what was seen with the number of units that showed them; the target's first. */
    signatures: z.array(z.strictObject({ title: z.string(), count, target: z.boolean() }).readonly()).readonly(),
    expectation: expectationResult,
    /** Figures of the kind's own, JSON: rates and their intervals, comparisons. */
    figures: z.unknown(),
  })
  .readonly();
/** What a probe says of one variant. */
export type ProbedVariant = z.infer<typeof probedVariant>;

const exitStatus = z.literal(Object.values(EXIT));

/** What a probe says: of each variant, and of the run. */
export const probeVerdict = z
  .strictObject({
    probe: z.string(),
    kind: z.string(),
    /** Why no absence under this probe means anything: `its control x did not crash`; null when they do. */
    blind: z.string().nullable(),
    variants: z.array(probedVariant).readonly(),
    /** Further things that ask for an exit status: steps that were lost to the host. */
    statuses: z.array(z.strictObject({ status: exitStatus, reason: z.string() }).readonly()).readonly(),
  })
  .readonly();
export type ProbeVerdict = z.infer<typeof probeVerdict>;

/** What a run says of one variant, whatever was done to it. */
const variantVerdict = z
  .strictObject({
    variant: z.string(),
    outcome: z.enum(OUTCOMES),
    /** What each probe says, in the plan's order. */
    probes: z.array(z.strictObject({ probe: z.string(), outcome: z.enum(OUTCOMES) }).readonly()).readonly(),
  })
  .readonly();
export type VariantVerdict = z.infer<typeof variantVerdict>;

/** `verdict.json`: the whole run. */
export const runVerdict = z
  .strictObject({
    status: exitStatus,
    /** Sentences that say why `status` is not 0; empty when it is. */
    reasons: z.array(z.string()).readonly(),
    /** A verdict a variant, in the plan's order; none for one that no probe was made of. */
    variants: z.array(variantVerdict).readonly(),
    probes: z.array(probeVerdict).readonly(),
  })
  .readonly();
export type RunVerdict = z.infer<typeof runVerdict>;

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
