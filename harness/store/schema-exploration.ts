// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { HostError } from '../model/errors.ts';
import type { SwapBackend } from '../model/guest.ts';
import type { ExplorationEnd, ExplorationRecord, ExplorationSpec, ExploredPath } from '../model/exploration.ts';
import type {
  CodePlace,
  PathPoint,
  PointChoice,
  PointOutcome,
  PointRange,
  PointResult,
  RaceMap,
  RaceWindow,
  SourceFrame,
} from '../model/interleave.ts';
import { splat } from '../model/splat.ts';

const text = z.string();
const count = z.number().int().nonnegative();
const texts = z.array(text);
const backend: z.ZodType<SwapBackend> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('virtio-blk'), rotational: z.boolean(), sizeKiB: count }),
  z.strictObject({ kind: z.literal('file'), filesystem: z.literal('ext4'), sizeKiB: count }),
  z.strictObject({ kind: z.literal('zram'), sizeKiB: count }),
  z.strictObject({ kind: z.literal('none') }),
]);
const hold = z.enum(['stall', 'preempt']);

const points: z.ZodType<PointChoice> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('functions') }),
  z.strictObject({ kind: z.literal('every'), count }),
]);

const range: z.ZodType<PointRange> = z.strictObject({ from: count.exactOptional(), to: count.exactOptional() });

const spec: z.ZodType<ExplorationSpec> = z.strictObject({
  id: text,
  probe: text,
  variant: text,
  kernelId: text,
  buildId: text,
  race: text,
  path: text,
  backend,
  hold,
  meanwhile: text,
  contenderTo: text.nullable(),
  points,
  range,
  sample: z.strictObject({ count, seed: text }).nullable(),
  entries: z.union([z.literal('call graph'), texts]).nullable(),
  mergeSeed: text.nullable(),
  repeats: count,
});

const end: z.ZodType<ExplorationEnd> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('completed') }),
  z.strictObject({
    kind: z.literal('failed'),
    fault: z.enum(['usage', 'host', 'source', 'build', 'boot', 'guest', 'interrupted']),
    message: text,
  }),
]);

export const explorationRecord: z.ZodType<ExplorationRecord> = z.strictObject({
  spec,
  end,
  startedAt: text,
  endedAt: text,
});

const pathPoint: z.ZodType<PathPoint> = z.strictObject({
  index: count,
  address: text,
  func: text,
  offset: count,
  occurrence: count,
});
const place: z.ZodType<CodePlace> = z.strictObject({ address: text, func: text, offset: count });
const source: z.ZodType<SourceFrame> = z.strictObject({ func: text, location: text.nullable() });

const pointOutcome: z.ZodType<PointOutcome> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('oops'), signature: text, splat: splat.nullable() }),
  z.strictObject({ kind: z.literal('corruption'), what: text }),
  z.strictObject({ kind: z.literal('hang'), where: text, backtraces: z.record(text, texts) }),
  z.strictObject({ kind: z.literal('waited'), where: text }),
  z.strictObject({ kind: z.literal('refused') }),
  z.strictObject({ kind: z.literal('ok') }),
  z.strictObject({ kind: z.literal('inconclusive'), reason: text }),
]);

const pointResult: z.ZodType<PointResult> = z.strictObject({
  point: pathPoint,
  hold,
  landed: place.nullable(),
  outcome: pointOutcome,
  elapsedMs: z.number(),
});

export const exploredPath: z.ZodType<ExploredPath> = z.strictObject({
  anchor: text,
  end: text,
  points: z.array(pathPoint),
  represented: z.record(text, text).nullable(),
});

const window: z.ZodType<RaceWindow> = z.strictObject({
  first: pathPoint,
  last: pathPoint,
  points: count,
  explored: count,
  outcomes: z.array(pointOutcome),
  firstSource: z.array(source),
  lastSource: z.array(source),
});

export const raceMap: z.ZodType<RaceMap> = z.strictObject({
  schema: z.literal(1),
  variant: text,
  race: text,
  path: text,
  backend,
  anchor: text,
  hold,
  meanwhile: text,
  contenderTo: text.nullable(),
  pointsAre: z.enum(['instructions', 'function entries']),
  pathPoints: count,
  exploredPoints: count,
  merged: z.strictObject({ represented: count, checked: count, differences: texts }).nullable(),
  pathEnd: text,
  windows: z.array(window),
});

/** Parses the lines of a `points.jsonl`. @throws HostError `RUN_UNREADABLE` naming the line. */
export function parsePoints(lines: readonly string[], file: string): PointResult[] {
  return lines.map((line, at) => {
    const parsed = pointResult.safeParse(json(line));
    if (parsed.success) return parsed.data;
    throw new HostError(
      'RUN_UNREADABLE',
      `Cannot read ${file}: line ${at + 1} is no result: ${z.prettifyError(parsed.error)}`,
    );
  });
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
