// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { splat } from '../../model/splat.ts';
import { pathPoint, PLAIN_OUTCOMES } from './shapes.ts';

const text = z.string();
const count = z.number().int().nonnegative();

/** What came of an attempt; a splat by its index among the finding's. */
const foundOutcome = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('oops'), signature: text, splat: count.nullable() }),
    ...PLAIN_OUTCOMES,
  ])
  .readonly();
export type FoundOutcome = z.infer<typeof foundOutcome>;

const source = z.strictObject({ func: text, location: text.nullable() }).readonly();

/** An instant at which the thread was held, and what came of it. */
const instant = z
  .strictObject({
    /** Where it stood. One off the path has the index of the last point whose hold was deferred to it. */
    point: pathPoint,
    /** False for an instant that the path as last stepped does not have. */
    onPath: z.boolean(),
    /** Innermost first; empty where the kernel's line table says nothing. */
    source: z.array(source).readonly(),
    outcomes: z.array(z.strictObject({ outcome: foundOutcome, attempts: count }).readonly()).readonly(),
  })
  .readonly();
export type Instant = z.infer<typeof instant>;

/** What the raw files of one step say. */
export const placeFinding = z
  .strictObject({
    /** Null when not even the path could be stepped. */
    path: z.strictObject({ anchor: text, end: text, points: count }).readonly().nullable(),
    asked: count,
    deferred: count,
    unheld: count,
    instants: z.array(instant).readonly(),
    splats: z.array(splat).readonly(),
    /** Points that were left to a neighbour, and the proof by those that were run all the same. */
    merged: z
      .strictObject({ represented: count, checked: count, differences: z.array(text).readonly() })
      .readonly()
      .nullable(),
    /** Guests that left a console. */
    guests: count,
    /** Splats that a console shows and no attempt does. */
    strays: z.array(splat).readonly(),
    /** Calls by which the contender waits in this kernel, by name; null where nobody asked for them. */
    waits: z.array(text).readonly().nullable(),
  })
  .readonly();
export type PlaceFinding = z.infer<typeof placeFinding>;

/** What a step without any raw file says. */
export const NOTHING_FOUND: PlaceFinding = {
  path: null,
  asked: 0,
  deferred: 0,
  unheld: 0,
  instants: [],
  splats: [],
  merged: null,
  guests: 0,
  strays: [],
  waits: null,
};
