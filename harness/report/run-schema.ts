// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { EXIT } from '../model/errors.ts';
import { INCONCLUSIVE_CAUSES, OUTCOMES } from '../model/verdict.ts';

/**
 * The shape of `report RUN --format json`. Readers check `schemaVersion`: it goes up when a key goes away or changes
 * its meaning; a new key does not raise it.
 */
export const RUN_SCHEMA_VERSION = 1;

const outcome = z.enum(OUTCOMES);
const count = z.int().nonnegative();
const fraction = z.number().min(0).max(1);

const rate = z
  .object({ events: count, exposure: count, low: fraction, high: fraction, confidence: fraction })
  .describe('Crashes an exposed swapoff, with an exact (Clopper-Pearson) two-sided interval.');

const comparison = z
  .object({
    control: z.string(),
    controlRate: rate,
    suspect: count.describe('Lost trials that p counts as crashes.'),
    p: fraction.describe("Fisher's exact test, one-sided: the rates being equal, as few crashes as these or fewer."),
    needed: z
      .number()
      .nullable()
      .describe('Exposed swapoffs at which p would fall below alpha; null where none would do.'),
    alpha: fraction,
    significant: z.boolean(),
  })
  .nullable();

const expectation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('met') }),
  z.object({ kind: z.literal('known'), seen: z.array(outcome), absent: z.array(outcome) }),
  z.object({ kind: z.literal('missed'), message: z.string() }),
  z.object({ kind: z.literal('cannot-tell'), message: z.string() }),
]);

const variant = z.object({
  variant: z.string(),
  probe: z.string(),
  outcome,
  reason: z.string(),
  trials: z.record(outcome, count),
  rate,
  comparison,
  signatures: z.array(z.object({ title: z.string(), count, target: z.boolean() })),
  expectation,
});

const map = z.object({
  variant: z.string(),
  probe: z.string(),
  outcome,
  reason: z.string(),
  points: z.record(outcome, count).describe('Explored points by what they came to.'),
  expectation,
});

const place = { id: z.string(), exposedSwapoffs: count.nullable() };
const trial = z.discriminatedUnion('kind', [
  z.object({ ...place, kind: z.literal('target'), title: z.string() }),
  z.object({ ...place, kind: z.literal('hang'), where: z.string() }),
  z.object({ ...place, kind: z.literal('other-bug'), title: z.string() }),
  z.object({ ...place, kind: z.literal('clean') }),
  z.object({ ...place, kind: z.literal('inconclusive'), cause: z.enum(INCONCLUSIVE_CAUSES), reason: z.string() }),
]);

export const runReport = z.object({
  schemaVersion: z.literal(RUN_SCHEMA_VERSION),
  run: z.string().describe('Name of the run; sorts by time.'),
  startedAt: z.iso.datetime(),
  plan: z.string(),
  planFile: z.string(),
  seed: count,
  accelerator: z.object({ accelerator: z.enum(['kvm', 'tcg']), reason: z.string() }).nullable(),
  kernels: z
    .record(z.string(), z.object({ id: z.string(), version: z.string() }))
    .describe('By variant; one that did not build has none.'),
  status: z
    .literal(Object.values(EXIT))
    .describe(
      'Exit status: 0 every expectation met, 1 missed, 125 could not tell, 128 host, 129 usage, 130 interrupted.',
    ),
  reasons: z.array(z.string()).describe('Why the status is not 0.'),
  blindProbes: z.array(z.string()).describe('Probes whose control did not crash: their absences mean nothing.'),
  variants: z.array(variant).describe('Under stress.'),
  maps: z.array(map).describe('Placed, point by point.'),
  trials: z.array(trial),
  commands: z.array(z.string()).describe('What repeats the run.'),
});

export type RunReport = z.infer<typeof runReport>;

/** The same as a JSON Schema (draft 2020-12), as docs/run.schema.json publishes it; open, since keys may be added. */
export function runJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(runReport, { io: 'input' }),
    title: `swaprace run report, version ${RUN_SCHEMA_VERSION}`,
  };
}
