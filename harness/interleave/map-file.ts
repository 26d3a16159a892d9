import { z } from 'zod';
import { UsageError } from '../model/errors.ts';
import type { RaceMap } from '../model/interleave.ts';

const count = z.number().int().nonnegative();
const text = z.string();

const pointSchema = z.object({ index: count, address: text, func: text, offset: count, occurrence: count });
const framesSchema = z.array(z.object({ func: text, location: text.nullable() }));
const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('oops'), signature: text }),
  z.object({ kind: z.literal('corruption'), what: text }),
  z.object({ kind: z.literal('hang'), where: text, backtraces: z.record(text, z.array(text)) }),
  z.object({ kind: z.literal('waited'), where: text }),
  z.object({ kind: z.literal('refused') }),
  z.object({ kind: z.literal('ok') }),
  z.object({ kind: z.literal('inconclusive'), reason: text }),
]);
const backendSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('virtio-blk'), rotational: z.boolean(), sizeKiB: count }),
  z.object({ kind: z.literal('zram'), sizeKiB: count }),
]);

const mapSchema = z.object({
  schema: z.literal(1),
  variant: text,
  path: text,
  backend: backendSchema,
  anchor: text,
  hold: z.enum(['stall', 'preempt']),
  meanwhile: z.enum(['swapoff', 'swapoff+swapon']),
  swapoffTo: text.nullable(),
  pointsAre: z.enum(['instructions', 'function entries']),
  pathPoints: count,
  exploredPoints: count,
  merged: z.object({ represented: count, checked: count, differences: z.array(text) }).nullable(),
  pathEnd: text,
  windows: z.array(
    z.object({
      first: pointSchema,
      last: pointSchema,
      points: count,
      explored: count,
      outcomes: z.array(outcomeSchema).nonempty(),
      firstSource: framesSchema,
      lastSource: framesSchema,
    }),
  ),
});

/**
 * Reads race maps from JSON: one, or a list of them.
 *
 * @param origin its file, for messages.
 * @throws UsageError `NOT_A_MAP` naming each key that is wrong.
 */
export function parseMaps(json: string, origin: string): RaceMap[] {
  const parsed = z.array(mapSchema).safeParse([parseJson(json, origin)].flat());
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.slice(1).join('.') || 'the whole'}: ${issue.message}`);
  throw new UsageError('NOT_A_MAP', `${origin}: ${problems.slice(0, 5).join('; ')}`, { hint: 'interleave explore --json prints maps' });
}

function parseJson(json: string, origin: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new UsageError('NOT_A_MAP', `${origin}: ${(cause as Error).message}`, { cause });
  }
}
