// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { SwapBackend } from '../../model/guest.ts';
import { probeSpec, type KeyProblem, type KeyValues, type ProbeKeys } from '../../model/probe.ts';
import { ORACLES, type Race } from '../../model/race.ts';
import { SPLAT_TYPES } from '../../model/splat.ts';
import { suggest } from '../../model/near.ts';
import { contenderNames, defaultBackend, defaultHeld, heldNames } from '../../race/operations.ts';
import type { RaceFolder } from '../../race/read.ts';

const text = z.string();
const count = z.number().int().nonnegative();

const hold = z.enum(['stall', 'preempt']);

const points = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all') }),
    /** The first instruction of every call on the path. */
    z.strictObject({ kind: z.literal('functions') }),
    z.strictObject({ kind: z.literal('every'), count }),
  ])
  .readonly();

const backend = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('virtio-blk'), rotational: z.boolean(), sizeKiB: count }),
    z.strictObject({ kind: z.literal('file'), filesystem: z.literal('ext4'), sizeKiB: count }),
    z.strictObject({ kind: z.literal('zram'), sizeKiB: count }),
    z.strictObject({ kind: z.literal('none') }),
  ])
  .readonly();

/** What raced, as far as judging and reporting ask; its target is the plan's. */
export const placedRace = z
  .strictObject({
    name: text,
    words: z.strictObject({ contender: text, operation: text }).readonly(),
    target: z
      .strictObject({ types: z.array(z.enum(SPLAT_TYPES)).readonly(), frames: z.array(text).readonly() })
      .readonly(),
    /** The ways in which the race's own bug shows. */
    oracle: z.array(z.enum(ORACLES)).readonly(),
  })
  .readonly();
export type PlacedRace = z.infer<typeof placedRace>;

/** A probe that holds one operation at points of its path while another goes on, as stored. */
export const placeSpec = z
  .strictObject({
    ...probeSpec,
    kind: z.literal('place'),
    race: placedRace,
    /** Name of the operation that is held, and of what goes on meanwhile. */
    path: text,
    meanwhile: text,
    backend,
    hold,
    /** Where the contender is kept until the thread has gone on, `function+offset`; null lets it return. */
    contenderTo: text.nullable(),
    points,
    /** Of the path's instructions, both inclusive; absent is the path's own end. */
    range: z.strictObject({ from: count.exactOptional(), to: count.exactOptional() }).readonly(),
    /** At most this many of the chosen points, the same for the same seed; null takes them all. */
    sample: z.strictObject({ count, seed: text }).readonly().nullable(),
    /**
     * Explores after the stepped part of the path instead: entries of these functions, or of those that the kernel's
     * own call graph has ahead of where the thread stands there. Null explores the stepped part.
     */
    entries: z.union([z.literal('call graph'), z.array(text).readonly()]).nullable(),
    /** Leaves out points that a neighbour stands for, but for a tenth of them, which this seed chooses; null runs all. */
    mergeSeed: text.nullable(),
    /** Attempts at each point, and the fresh guests over which they are spread. */
    repeats: count,
    guests: count,
    /** Guests side by side in one step; null is as many as the host has processors for. */
    atOnce: count.nullable(),
  })
  .readonly();
export type PlaceSpec = z.infer<typeof placeSpec>;

/** What one step of a probe does: one fresh guest after another until its points are explored. */
export const placeArgs = z
  .strictObject({
    hold,
    /** Every `of`-th of the points, from the `index`-th. */
    share: z.strictObject({ index: count, of: count }).readonly(),
    /** Attempts at each of them. */
    repeats: count,
  })
  .readonly();
export type PlaceArgs = z.infer<typeof placeArgs>;

/** After the release the vCPUs race freely: one attempt at a point shows one of its outcomes. */
const DEFAULT_REPEATS = 3;

const whole = (least: number, most: number) => {
  const error = `needs a whole number from ${least} to ${most}`;
  return z.number({ error }).refine((value) => Number.isInteger(value) && value >= least && value <= most, { error });
};
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `needs one of ${values.join(', ')}` });
const line = z.string({ error: 'needs a text' }).trim().min(1, { error: 'needs a text' });

const UNITS_KIB = { KiB: 1, MiB: 1024, GiB: 1024 * 1024 } as const;
const sizeError = 'needs a size with its unit, as 512KiB or 1MiB';
const size = z
  .string({ error: sizeError })
  .regex(/^\d+ ?(KiB|MiB|GiB)$/, { error: sizeError })
  .transform((value) => Number.parseInt(value, 10) * UNITS_KIB[value.slice(-3) as keyof typeof UNITS_KIB])
  .refine((kib) => kib >= 40, { error: 'needs at least 40KiB: a swap area has ten pages or more' });

const shape = {
  path: line,
  backend: z.discriminatedUnion(
    'kind',
    [
      z.strictObject({ kind: z.literal('virtio-blk'), rotational: z.boolean({ error: 'needs true or false' }), size }),
      z.strictObject({ kind: z.literal('file'), filesystem: oneOf(['ext4']), size }),
      z.strictObject({ kind: z.literal('zram'), size }),
    ],
    { error: 'needs a kind: one of virtio-blk, file, zram' },
  ),
  hold: oneOf(['preempt', 'stall']),
  meanwhile: line,
  points: z.union([z.enum(['functions', 'all']), z.strictObject({ every: whole(1, 1_000_000) })], {
    error: 'needs functions, all, or every: a number',
  }),
  repeats: whole(1, 1000),
  guests: whole(1, 100),
  'at-once': whole(1, 64),
  from: whole(0, 1_000_000),
  to: whole(0, 1_000_000),
  sample: z.strictObject({ count: whole(1, 1_000_000), seed: line }, { error: 'needs a count and a seed' }),
  'contender-to': line,
  entries: z.union([z.literal('call graph'), z.array(line).min(1)], {
    error: 'needs call graph, or a list of functions',
  }),
  merge: line,
} as const;

export const placeKeys: ProbeKeys<PlaceSpec> = {
  shape,
  required: ['hold', 'control', 'expect'],
  defaults: ['backend', 'control', 'variants', 'expect'],
  check: (values, { race }) => [
    ...mergeProblems(values),
    ...(race === null ? [] : raceProblems(values, folderOf(race))),
  ],
  resolve(common, values, { target, race }) {
    const file = values as KeyValues<typeof shape>;
    const folder = folderOf(race);
    const { name, words, oracle } = race;
    return {
      ...common,
      kind: 'place',
      race: { name, words: { contender: words.contender, operation: words.operation }, oracle, target },
      path: file.path ?? defaultHeld(folder),
      meanwhile: file.meanwhile ?? folder.contender,
      backend: file.backend === undefined ? defaultBackend(folder) : backendOf(file.backend),
      hold: checked(file.hold),
      contenderTo: file['contender-to'] ?? null,
      points: pointsOf(file.points ?? 'functions'),
      range: {
        ...(file.from === undefined ? {} : { from: file.from }),
        ...(file.to === undefined ? {} : { to: file.to }),
      },
      sample: file.sample ?? null,
      entries: file.entries ?? null,
      mergeSeed: file.merge ?? null,
      repeats: file.repeats ?? DEFAULT_REPEATS,
      guests: file.guests ?? 1,
      atOnce: file['at-once'] ?? null,
    };
  },
};

/** A plan's race is one that was read from its folder. */
function folderOf(race: Race): RaceFolder {
  if ('operations' in race && 'setups' in race) return race as RaceFolder;
  throw new Error(`the race ${race.name} was not read from its folder`);
}

type Values = Readonly<Record<string, unknown>>;

function mergeProblems({ merge, points: chosen, sample, entries }: Values): KeyProblem[] {
  if (merge === undefined || (chosen === 'all' && sample === undefined && entries === undefined)) return [];
  return [{ path: ['merge'], message: 'joins neighbouring instructions: it needs points: all, no sample, no entries' }];
}

/** Only what the race has: a swap file, say, lies on a file system whose sleeping would be part of a path. */
function raceProblems({ path, meanwhile, backend: given }: Values, race: RaceFolder): KeyProblem[] {
  const kinds = [...new Set(Object.values(race.setups).map((setup) => setup.backend.kind))];
  const kind: unknown = typeof given === 'object' && given !== null && 'kind' in given ? given.kind : undefined;
  return [
    ...unknownName('path', path, heldNames(race), `${race.name} has no operation that may be held`),
    ...unknownName(
      'meanwhile',
      meanwhile,
      contenderNames(race),
      `${race.name} has no operation that may go on meanwhile`,
    ),
    ...(typeof kind !== 'string' || kinds.some((each) => each === kind)
      ? []
      : [{ path: ['backend'], message: `${race.name} cannot be placed on ${kind}; use ${kinds.join(' or ')}` }]),
  ];
}

function unknownName(key: string, name: unknown, names: readonly string[], problem: string): KeyProblem[] {
  if (typeof name !== 'string' || names.includes(name)) return [];
  return [{ path: [key], message: `${problem} ${name}; ${suggest(name, names)}` }];
}

function pointsOf(chosen: NonNullable<KeyValues<typeof shape>['points']>): PlaceSpec['points'] {
  return typeof chosen === 'string' ? { kind: chosen } : { kind: 'every', count: chosen.every };
}

function backendOf({ size: sizeKiB, ...rest }: NonNullable<KeyValues<typeof shape>['backend']>): SwapBackend {
  return { ...rest, sizeKiB } as SwapBackend;
}

/** What the checks before have made sure of. */
function checked<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a plan was resolved that had not been checked');
  return value;
}
