// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { SwapBackend } from '../model/guest.ts';
import { ORACLES } from '../model/race.ts';
import { SPLAT_TYPES } from '../model/splat.ts';

/** The shape of a `race.yaml` (docs/races.md). Every message says what is needed. */

const UNITS_KIB = { KiB: 1, MiB: 1024, GiB: 1024 * 1024 } as const;
const NAME = /^[a-z0-9][a-z0-9+-]*$/;

const line = z.string({ error: 'needs a text' }).trim().min(1, { error: 'needs a text' });
const name = z.string({ error: 'needs a name' }).regex(NAME, { error: 'needs a name of a-z, 0-9, + and -' });
const version = z
  .string({ error: 'needs a kernel version in quotation marks, as "5.14"' })
  .regex(/^\d+(\.\d+)+$/, { error: 'needs a kernel version, as "5.14"' });
const commit = z.string().regex(/^[0-9a-f]{12,40}$/, { error: 'needs 12 or more digits of a commit id' });
const functionName = z
  .string({ error: 'needs the name of a function' })
  .regex(/^[A-Za-z_][\w.]*$/, { error: 'needs the name of a function, without +0x…' });

const someOf = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item, { error: `needs a list of ${what}` }).min(1, { error: `needs at least one of ${what}` });

const mapping = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, { error: 'needs keys with values' });

/** A function, perhaps of some kernels only; both versions are inclusive. */
const place = z.union(
  [
    functionName.transform((func) => ({ name: func, since: null, until: null })),
    mapping({
      name: functionName,
      since: version.nullable().default(null),
      until: version.nullable().default(null),
    }),
  ],
  { error: 'needs the name of a function, or {name, since, until}' },
);
const places = someOf(place, 'functions');

const sizeKiB = z
  .string({ error: 'needs a size with its unit, as 1MiB' })
  .regex(/^\d+ ?(KiB|MiB|GiB)$/, { error: 'needs a size with its unit, as 1MiB' })
  .transform((text) => Number.parseInt(text, 10) * UNITS_KIB[text.slice(-3) as keyof typeof UNITS_KIB]);

const backend = z
  .discriminatedUnion(
    'kind',
    [
      mapping({ kind: z.literal('virtio-blk'), rotational: z.boolean(), size: sizeKiB }),
      mapping({ kind: z.literal('zram'), size: sizeKiB }),
      mapping({ kind: z.literal('none') }),
    ],
    { error: 'needs a kind: one of virtio-blk, zram, none' },
  )
  .transform((given): SwapBackend => {
    if (given.kind === 'none') return given;
    const { size, ...rest } = given;
    return { ...rest, sizeKiB: size };
  });

/** How a guest is made ready: what it swaps to, shell commands, arguments of the race's program. */
const setup = mapping({
  describe: line,
  backend: backend.default({ kind: 'none' }),
  commands: z.array(line).default([]),
  arguments: z.array(line).default([]),
});

/** What it means that an operation is held: where its path begins and ends, and how its success shows. */
const held = mapping({
  from: places,
  match: z.enum(['first', 'target-fault']).default('first'),
  /** The path ends when the first of these that the kernel has returns; by default those of `from`. */
  until: places.optional(),
  instructions: z.number().int().positive().optional(),
  success: z.enum(['value', 'major-fault']).default('value'),
});

/**
 * Calls by which the contender waits for those that may still use what it takes away: what they call, and functions
 * outside its body that make such calls for it. Each can be taken away, to see whether its absence is noticed.
 */
const waits = mapping({ calls: places, in: places.default([]) });

/** What it means that an operation goes on meanwhile: functions that it enters, and the one that holds its body. */
const meanwhile = mapping({ enters: places, body: places.optional(), waits: waits.optional() }).refine(
  (given) => given.waits === undefined || given.body !== undefined,
  { error: 'needs body: the waits are looked for in it' },
);

const operation = mapping({
  describe: line,
  held: held.optional(),
  meanwhile: meanwhile.optional(),
  shell: line.optional(),
}).refine(({ held: isHeld, meanwhile: goesOn }) => isHeld !== undefined || goesOn !== undefined, {
  error: 'needs held or meanwhile: an operation that is neither has no use',
});

const fix = mapping({ commit, title: line, in: version.optional(), cve: line.optional() });

const words = mapping({
  contender: line,
  operation: line,
  exposure: mapping({ one: line, many: line, describe: line }),
  corruption: line,
});

export const raceFile = mapping({
  name,
  describe: line,
  since: version.optional(),
  until: version.optional(),
  fixes: z.array(fix).default([]),
  words,
  fragments: z.array(line).default([]),
  oracle: someOf(z.enum(ORACLES), `oracles: ${ORACLES.join(', ')}`),
  target: mapping({
    types: z.array(z.enum(SPLAT_TYPES)).default([]),
    frames: z.array(functionName).default([]),
  }).default({ types: [], frames: [] }),
  setups: z.record(name, setup, { error: 'needs keys with values' }),
  /** What goes on meanwhile where nothing else is asked for. */
  contender: name,
  operations: z.record(name, operation, { error: 'needs keys with values' }),
  /** Functions with which a fix guards an operation, the one that begins it first: what they execute is its price. */
  guards: z.array(functionName).default([]),
  /** What threads of the race's `stress` program can do against the contender. */
  workloads: z.record(name, line).default({}),
});

export type RaceFile = z.output<typeof raceFile>;
export type RaceOperation = z.output<typeof operation>;
export type RaceSetup = z.output<typeof setup>;
export type KernelPlace = z.output<typeof place>;
