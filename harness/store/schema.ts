// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { guestEnd } from '../model/guest-end.ts';
import type { KernelRecord, SourceSpec, VariantSpec } from '../model/kernel.ts';
import type { Plan } from '../model/plan.ts';
import { DEFAULT_RACE } from '../model/race.ts';
import { splat, splatType, type Splat } from '../model/splat.ts';
import type { Evidence, Exposure, RunRecord, TrialRecord, TrialSpec } from '../model/trial.ts';
import { INCONCLUSIVE_CAUSES, type RunVerdict, type TrialVerdict } from '../model/verdict.ts';
import { currentEnd } from './old-ends.ts';
import { interleaveProbe, mapVerdict } from './schema-exploration.ts';
import { backend, count, expectation, expectations, fault, outcome, text, texts } from './schema-parts.ts';

/** The shapes of the store's JSON files. Strict: a key that nobody knows is a file that nobody wrote. */

const map = z.record(z.string(), z.string());

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

const accelerator = z.enum(['kvm', 'tcg']);
const budget = { minTrials: count, maxTrials: count, trialSeconds: z.number() };

const machine = {
  /** Runs of before races had names know one. */
  race: text.default(DEFAULT_RACE),
  workload: text,
  backend,
  vcpus: count,
  memoryMiB: count,
  cmdline: texts,
  threads: count,
  pages: count,
  hangSeconds: z.number(),
};

const probe = z.strictObject({
  kind: z.literal('stress'),
  id: text,
  ...machine,
  control: text,
  variants: texts,
  budget: z.strictObject(budget),
  budgets: z.record(
    z.string(),
    z.strictObject({
      minTrials: z.exactOptional(count),
      maxTrials: z.exactOptional(count),
      trialSeconds: z.exactOptional(z.number()),
    }),
  ),
  expect: expectations,
});

const plan: z.ZodType<Plan> = z.strictObject({
  name: text,
  describe: text,
  text,
  variants: z.array(variant),
  probes: z.array(probe),
  explorations: z.array(interleaveProbe),
  target: z.strictObject({ types: z.array(splatType), frames: texts }),
  accelerator: z.enum(['kvm', 'tcg', 'auto']),
  seed: count,
  alpha: z.number(),
});

/** A kernel's record is the build's; only what is looked at here is checked. */
const kernel = z.looseObject({ id: text, kernelVersion: text, buildId: text }) as unknown as z.ZodType<KernelRecord>;

export const runRecord: z.ZodType<RunRecord> = z.strictObject({
  schema: z.literal(1),
  id: text,
  startedAt: text,
  planFile: text,
  plan,
  versions: map,
  kernels: z.record(z.string(), kernel),
  accelerator: z.strictObject({ accelerator, reason: text }).nullable(),
  host: map,
  commands: texts,
  troubles: z.array(
    z.strictObject({
      fault,
      variant: text.nullable(),
      message: text,
    }),
  ),
});

const spec: z.ZodType<TrialSpec> = z.strictObject({
  id: text,
  probe: text,
  variant: text,
  index: count,
  kernelId: text,
  buildId: text,
  seed: count,
  ...machine,
  seconds: z.number(),
});

const end = z.preprocess(currentEnd, guestEnd);

export const trialRecord: z.ZodType<TrialRecord> = z.strictObject({
  spec,
  end,
  meta: z.strictObject({
    startedAt: text,
    endedAt: text,
    accelerator,
    guestBuildId: text.nullable(),
    bootMs: z.number().nullable(),
  }),
});

const exposure: z.ZodType<Exposure> = z.strictObject({
  swapoffs: count,
  exposedSwapoffs: count,
  swapIns: count,
  pswpin: count,
  errors: z.record(z.string(), count),
  corruptPages: count,
  corruptions: z.array(z.strictObject({ page: count, line: count, operation: text, expected: text, found: text })),
  elapsedMs: z.number(),
});

/** `evidence.json`: what is not already in trial.json and splats.json. */
export type StoredEvidence = Omit<Evidence, 'spec' | 'end' | 'splats'>;

export const storedEvidence: z.ZodType<StoredEvidence> = z.strictObject({
  guestBuildId: text.nullable(),
  exposure: exposure.nullable(),
  unreportedExposure: count,
  consoleTruncated: z.boolean(),
  consoleBytes: count,
});

export const splats: z.ZodType<Splat[]> = z.array(splat);

export const argv = texts;

export const trialVerdict: z.ZodType<TrialVerdict> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('target'), title: text }),
  z.strictObject({ kind: z.literal('hang'), where: text }),
  z.strictObject({ kind: z.literal('other-bug'), title: text }),
  z.strictObject({ kind: z.literal('clean') }),
  z.strictObject({ kind: z.literal('inconclusive'), cause: z.enum(INCONCLUSIVE_CAUSES), reason: text }),
]);

const rate = z.strictObject({
  events: count,
  exposure: count,
  low: z.number(),
  high: z.number(),
  confidence: z.number(),
});

export const runVerdict: z.ZodType<RunVerdict> = z.strictObject({
  status: z.union([z.literal(0), z.literal(1), z.literal(125), z.literal(128), z.literal(129), z.literal(130)]),
  reasons: texts,
  blindProbes: texts,
  variants: z.array(
    z.strictObject({
      variant: text,
      probe: text,
      outcome,
      reason: text,
      trials: z.record(outcome, count),
      rate,
      comparison: z
        .strictObject({
          control: text,
          controlRate: rate,
          suspect: count,
          p: z.number(),
          needed: z.number().nullable(),
          alpha: z.number(),
          significant: z.boolean(),
        })
        .nullable(),
      signatures: z.array(z.strictObject({ title: text, count, target: z.boolean() })),
      expectation,
    }),
  ),
  maps: z.array(mapVerdict),
});
