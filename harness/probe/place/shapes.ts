// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type {
  CodePlace,
  ExploredPath,
  KeptObservation,
  PathPoint,
  PointOutcome,
  PointResult,
} from '../../model/interleave.ts';
import { splat } from '../../model/splat.ts';

/** Shapes of a placed step's raw files. */

const text = z.string();
const count = z.number().int().nonnegative();

export const pathPoint: z.ZodType<PathPoint> = z.strictObject({
  index: count,
  address: text,
  func: text,
  offset: count,
  occurrence: count,
});

const place: z.ZodType<CodePlace> = z.strictObject({ address: text, func: text, offset: count });

/** Outcomes that hold nothing but words. */
export const PLAIN_OUTCOMES = [
  z.strictObject({ kind: z.literal('corruption'), what: text }),
  z.strictObject({
    kind: z.literal('hang'),
    where: text,
    backtraces: z.record(text, z.array(text).readonly()).readonly(),
  }),
  z.strictObject({ kind: z.literal('waited'), where: text }),
  z.strictObject({ kind: z.literal('refused') }),
  z.strictObject({ kind: z.literal('ok') }),
  z.strictObject({ kind: z.literal('inconclusive'), reason: text }),
] as const;

const outcome: z.ZodType<PointOutcome> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('oops'), signature: text, splat: splat.nullable() }),
  ...PLAIN_OUTCOMES,
]);

const seen: z.ZodType<KeptObservation> = z.strictObject({
  end: z.enum(['done', 'splat', 'deadline']),
  contenderReturned: z.boolean(),
  contenderTo: text.nullable(),
  contenderKept: z.boolean(),
  waitedIn: text.nullable(),
  heldWhenOvertaken: z.boolean(),
  contenderErrno: z.number(),
  heldErrno: z.number(),
  majorFaults: z.number(),
  wrongs: z.array(text).readonly(),
  stuckIn: text.nullable(),
});

export const pointResult: z.ZodType<PointResult> = z.strictObject({
  point: pathPoint,
  hold: z.enum(['stall', 'preempt']),
  landed: place.nullable(),
  outcome,
  seen: seen.nullable(),
  elapsedMs: z.number(),
});

export const exploredPath: z.ZodType<ExploredPath> = z.strictObject({
  anchor: text,
  end: text,
  points: z.array(pathPoint),
  represented: z.record(text, text).nullable(),
});
