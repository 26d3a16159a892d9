// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { KernelRecord, SourceSpec, VariantSpec } from '../model/kernel.ts';
import { stepEnd, type ProbeSpec, type Step, type StepEnd } from '../model/probe.ts';
import type { RunHeader, Trouble } from '../model/run.ts';
import type { SplatType } from '../model/splat.ts';
import { kindOf, type KindTable, type ReadKind } from './kinds.ts';

/** The shapes of a run's JSON files. Strict: a key that nobody knows is a file that nobody wrote. */

const text = z.string();
const count = z.number().int().nonnegative();
const texts = z.array(text);
const map = z.record(text, text);

const source: z.ZodType<SourceSpec> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('deb'), package: text, version: text.nullable(), sha256: text.nullable() }),
  z.strictObject({ kind: z.literal('tarball'), location: text, sha256: text.nullable() }),
  z.strictObject({ kind: z.literal('git'), path: text, rev: text }),
  z.strictObject({ kind: z.literal('dir'), path: text }),
  z.strictObject({ kind: z.literal('prebuilt'), path: text }),
]);

const variant: z.ZodType<VariantSpec> = z.strictObject({
  id: text,
  describe: text,
  source,
  series: texts,
  fragments: texts,
});

/** Types of splats are the scanner's to name; here they are text. */
export const splatType = text as unknown as z.ZodType<SplatType>;

export const accelerator = z.enum(['kvm', 'tcg']);

/** What every plan has, whatever it does. */
export const planShape = {
  name: text,
  describe: text,
  text,
  variants: z.array(variant),
  target: z.strictObject({ types: z.array(splatType), frames: texts }),
  accelerator: z.enum(['kvm', 'tcg', 'auto']),
  seed: count,
  alpha: z.number(),
};

/** A kernel's record is the build's; only what is looked at here is checked. */
const kernel = z.looseObject({ id: text, kernelVersion: text, buildId: text }) as unknown as z.ZodType<KernelRecord>;

const fault = z.enum(['usage', 'host', 'source', 'build', 'boot', 'guest', 'interrupted']);
const trouble: z.ZodType<Trouble> = z.strictObject({ fault, variant: text.nullable(), message: text });

/** What every run.json has in addition to its schema and its plan. */
export const runShape = {
  id: text,
  startedAt: text,
  planFile: text,
  versions: map,
  kernels: z.record(text, kernel),
  accelerator: z.strictObject({ accelerator, reason: text }).nullable(),
  host: map,
  commands: texts,
  troubles: z.array(trouble),
};

/** A probe by its kind's own shape. */
function probe(kinds: KindTable): z.ZodType<ProbeSpec> {
  return z.looseObject({ kind: z.enum(Object.keys(kinds)) }).transform((value, context): ProbeSpec => {
    const parsed = kindOf(kinds, value.kind).spec.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

export function runHeader(kinds: KindTable): z.ZodType<RunHeader> {
  return z.strictObject({
    schema: z.literal(2),
    ...runShape,
    plan: z.strictObject({ ...planShape, probes: z.array(probe(kinds)) }),
  });
}

function step(args: z.ZodType): z.ZodType<Step> {
  return z.strictObject({
    plan: text,
    probe: text,
    variant: text,
    kernel: text,
    buildId: text,
    index: count,
    seed: count,
    args,
  });
}

/** A line of the manifest, before its probe is known. */
export const anyStep = step(z.unknown());

/** `step.json` of a step of a kind. */
export function endedStep(kind: ReadKind): z.ZodType<{ readonly step: Step; readonly end: StepEnd }> {
  return z.strictObject({ step: step(kind.args), end: stepEnd });
}
