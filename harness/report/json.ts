// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { EXIT } from '../model/errors.ts';
import { STEP_OUTCOMES } from '../model/outcome.ts';
import { probeVerdict, runVerdict } from '../model/probe.ts';
import type { ShownRun } from '../model/shown.ts';

/**
 * The shape of `report RUN --format json`. Readers check `schemaVersion`: it goes up when a key goes away or changes
 * its meaning; a new key does not raise it.
 */
export const RUN_SCHEMA_VERSION = 2;

const step = z.object({
  id: z.string(),
  folder: z.string().describe('Below the run’s `steps`.'),
  outcome: z.enum(STEP_OUTCOMES),
  words: z.string(),
  measured: z.object({ value: z.number(), unit: z.string() }).readonly().nullable(),
});

const figure = z.object({ variant: z.string(), name: z.string(), value: z.looseObject({ kind: z.string() }) });

export const runReport = z.object({
  schemaVersion: z.literal(RUN_SCHEMA_VERSION),
  run: z.string().describe('Name of the run; sorts by time.'),
  startedAt: z.iso.datetime(),
  plan: z.string(),
  planFile: z.string(),
  seed: z.int().nonnegative(),
  accelerator: z.object({ accelerator: z.enum(['kvm', 'tcg']), reason: z.string() }).nullable(),
  kernels: z
    .record(z.string(), z.object({ id: z.string(), version: z.string() }))
    .describe('By variant; one that did not build has none.'),
  status: z
    .literal(Object.values(EXIT))
    .describe(
      'Exit status: 0 every expectation met, 1 missed, 125 inconclusive, 128 host, 129 usage, 130 interrupted.',
    ),
  reasons: z.array(z.string()).describe('Why the status is not 0.'),
  variants: runVerdict.unwrap().shape.variants.describe('What the run says of each variant, over all probes.'),
  probes: z
    .array(
      z.object({
        ...probeVerdict.unwrap().shape,
        title: z.string(),
        steps: z.array(step),
        trend: z.array(figure).describe('Figures that the history compares.'),
      }),
    )
    .describe('In the plan’s order; `figures` of a variant are its kind’s own.'),
  commands: z.array(z.string()).describe('What repeats the run.'),
});

export type RunReport = z.input<typeof runReport>;

/**
 * A run as a value for JSON, for scripts: what `reportText` says, without traces. Numbers as they are, not rounded. Its
 * shape is published as docs/run.schema.json.
 *
 * @example
 * // {"schemaVersion":2,"run":"…","status":1,"probes":[{"probe":"anon","kind":"stress","variants":[…]}],…}
 */
export function reportJson({ header, verdict, probes }: ShownRun): RunReport {
  return {
    schemaVersion: RUN_SCHEMA_VERSION,
    run: header.id,
    startedAt: header.startedAt,
    plan: header.plan.name,
    planFile: header.planFile,
    seed: header.plan.seed,
    accelerator: header.accelerator,
    kernels: Object.fromEntries(
      Object.entries(header.kernels).map(([variant, { id, kernelVersion }]) => [
        variant,
        { id, version: kernelVersion },
      ]),
    ),
    status: verdict.status,
    reasons: [...verdict.reasons],
    variants: verdict.variants,
    probes: probes.map(({ verdict: own, section, steps, trend }) => ({
      ...own,
      title: section.title,
      steps: steps.map(({ name, hash, brief: { outcome, words, measured } }) => ({
        ...{ id: name, folder: hash, outcome, words, measured },
      })),
      trend: trend.map((each) => ({ ...each, value: { ...each.value } })),
    })),
    commands: [...header.commands],
  };
}

/** The same as a JSON Schema (draft 2020-12), as docs/run.schema.json publishes it; open, since keys may be added. */
export function runJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(runReport, { io: 'input' }),
    title: `swaprace run report, version ${RUN_SCHEMA_VERSION}`,
  };
}
