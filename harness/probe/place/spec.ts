// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { suggest } from '../../model/near.ts';
import { probeSpec, type KeyProblem, type KeyValues, type ProbeKeys } from '../../model/probe.ts';
import { contenderNames, defaultBackend, defaultHeld, heldNames } from '../../race/operations.ts';
import type { RaceFolder } from '../../race/read.ts';
import {
  backendKeys,
  backendOf,
  checked,
  folderOf,
  line,
  oneOf,
  probedRace,
  probedRaceOf,
  swapBackend,
  unknownName,
  whole,
} from '../keys.ts';

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

/** A probe that holds one operation at points of its path while another goes on, as stored. */
export const placeSpec = z
  .strictObject({
    ...probeSpec,
    kind: z.literal('place'),
    race: probedRace,
    /** Name of the operation that is held, and of what goes on meanwhile. */
    path: text,
    meanwhile: text,
    backend: swapBackend,
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
    /** Leaves out points that a neighbour stands for, but for a tenth that this seed chooses; null runs all. */
    mergeSeed: text.nullable(),
    /** Attempts at each point, and the fresh guests over which they are spread. */
    repeats: count,
    guests: count,
    /**
     * What shows the power of an absence. `true`: each variant without a finding is explored once more, with calls by
     * which the contender waits taken away from the running kernel. Or variants of the plan that lack a part of the
     * fix; each of them must show a finding. `false`: nothing does.
     */
    mutants: z.union([z.boolean(), z.array(text).readonly()]),
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
    /** `main`: what the probe is about. The others show its power: the same kernel under a stall, and without waits. */
    part: z.enum(['main', 'stalled', 'mutant']),
    /** Calls of the contender that the kernel lacks, by the names that `harness/interleave/waits.ts` gives them. */
    without: z.array(text).readonly(),
  })
  .readonly();
export type PlaceArgs = z.infer<typeof placeArgs>;

/** After the release the vCPUs race freely: one attempt at a point shows one of its outcomes. */
const DEFAULT_REPEATS = 3;

const shape = {
  path: line,
  backend: backendKeys,
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
  mutants: z.union([z.boolean(), z.array(line).min(1)], { error: 'needs true, false, or a list of variants' }),
} as const;

export const placeKeys: ProbeKeys<PlaceSpec> = {
  shape,
  required: ['hold', 'expect'],
  defaults: ['backend', 'control', 'variants', 'expect'],
  check: (values, { race, variants }) => [
    ...mergeProblems(values),
    ...(values['mutants'] === true && values['hold'] === 'stall'
      ? [{ path: ['mutants'], message: 'needs hold: preempt; the stall that shows their power is made in addition' }]
      : []),
    ...unknownMutants(values['mutants'], variants),
    ...(race === null ? [] : raceProblems(values, folderOf(race))),
  ],
  resolve(common, values, { target, race }) {
    const file = values as KeyValues<typeof shape>;
    const folder = folderOf(race);
    return {
      ...common,
      kind: 'place',
      race: probedRaceOf({ race, target }),
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
      mutants: file.mutants ?? false,
      atOnce: file['at-once'] ?? null,
    };
  },
};

type Values = Readonly<Record<string, unknown>>;

function unknownMutants(mutants: unknown, variants: readonly string[]): KeyProblem[] {
  if (!Array.isArray(mutants)) return [];
  return mutants.flatMap((each: unknown, at) =>
    typeof each !== 'string' || variants.includes(each)
      ? []
      : [{ path: ['mutants', at], message: `the probe has no variant ${each}; ${suggest(each, variants)}` }],
  );
}

function mergeProblems({ merge, points: chosen, sample, entries }: Values): KeyProblem[] {
  if (merge === undefined || (chosen === 'all' && sample === undefined && entries === undefined)) return [];
  return [{ path: ['merge'], message: 'joins neighbouring instructions: it needs points: all, no sample, no entries' }];
}

/** Only what the race has: a swap file, say, lies on a file system whose sleeping would be part of a path. */
function raceProblems({ path, meanwhile, backend: given, mutants }: Values, race: RaceFolder): KeyProblem[] {
  const contender = typeof meanwhile === 'string' ? meanwhile : race.contender;
  const waits = race.operations[contender]?.meanwhile?.waits;
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
    ...(mutants === true && contender in race.operations && waits === undefined
      ? [{ path: ['mutants'], message: `${race.name} names no waits of ${contender} that could be taken away` }]
      : []),
  ];
}

function pointsOf(chosen: NonNullable<KeyValues<typeof shape>['points']>): PlaceSpec['points'] {
  return typeof chosen === 'string' ? { kind: chosen } : { kind: 'every', count: chosen.every };
}
