// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { probeSpec, type KeyValues, type ProbeKeys } from '../../model/probe.ts';
import { searchFound, searchRound } from '../../model/search.ts';
import {
  line,
  probedRace,
  probedRaceOf,
  REQUIRED_OF_WORKLOAD,
  someOf,
  whole,
  workloadKeys,
  workloadOf,
  workloadProblems,
  workloadSpec,
} from '../keys.ts';

const text = z.string();
const count = z.number().int().nonnegative();
const texts = z.array(text).readonly();

/** A probe that holds threads of a workload at random, and brings what comes of it down to a schedule; as stored. */
export const searchSpec = z
  .strictObject({
    ...probeSpec,
    kind: z.literal('search'),
    race: probedRace,
    ...workloadSpec,
    /** Functions at which threads are caught; null takes those of the race's target that the workload reaches. */
    functions: texts.nullable(),
    /** Holds at most, on each variant. */
    rounds: count,
    /** Guests that may come to a finding before the search ends. */
    findings: count,
    /** Of everything that is chosen. Who repeats it gets the same holds. */
    seed: text,
    /** Attempts at the schedule to which a finding is brought down. */
    attempts: count,
  })
  .readonly();
export type SearchSpec = z.infer<typeof searchSpec>;

/** What one step does, to a guest of its own. */
export const searchArgs = z.discriminatedUnion('do', [
  /** Looks which of these the workload reaches. */
  z.strictObject({ do: z.literal('census'), functions: texts }).readonly(),
  /** Holds threads at these, from the `first` round on, until there is a finding. */
  z.strictObject({ do: z.literal('rounds'), functions: texts, first: count }).readonly(),
  /** Looks for a placed schedule that gives what was found; `rounds` are the last holds before it. */
  z
    .strictObject({
      do: z.literal('minimise'),
      functions: texts,
      found: searchFound,
      rounds: z.array(searchRound).readonly(),
    })
    .readonly(),
  /** Confirms a schedule, in guests of its own. */
  z.strictObject({ do: z.literal('replay'), schedule: text, attempts: count }).readonly(),
]);
export type SearchArgs = z.infer<typeof searchArgs>;
export type ArgsOf<Do extends SearchArgs['do']> = Extract<SearchArgs, { readonly do: Do }>;

const DEFAULTS = { rounds: 300, findings: 1, seed: '1', attempts: 10 } as const;

const shape = {
  ...workloadKeys,
  functions: someOf(line, 'functions'),
  rounds: whole(1, 1_000_000),
  findings: whole(1, 1000),
  seed: z.union([line, z.number().transform(String)], { error: 'needs a text or a number' }),
  attempts: whole(1, 10_000),
} as const;

export const searchKeys: ProbeKeys<SearchSpec> = {
  shape,
  required: [...REQUIRED_OF_WORKLOAD, 'expect'],
  defaults: [...Object.keys(workloadKeys), 'variants', 'expect'],
  check: (values, { race }) => workloadProblems(values, race),
  resolve(common, values, context) {
    const file = values as KeyValues<typeof shape>;
    return {
      ...common,
      kind: 'search',
      race: probedRaceOf(context),
      ...workloadOf(file),
      functions: file.functions ?? null,
      rounds: file.rounds ?? DEFAULTS.rounds,
      findings: file.findings ?? DEFAULTS.findings,
      seed: file.seed ?? DEFAULTS.seed,
      attempts: file.attempts ?? DEFAULTS.attempts,
    };
  },
};
