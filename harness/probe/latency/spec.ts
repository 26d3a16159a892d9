// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { probeSpec, type KeyProblem, type KeyValues, type ProbeKeys } from '../../model/probe.ts';
import { setupFor } from '../../race/operations.ts';
import { folderOf, line, listOf, oneOf, probedRace, probedRaceOf, whole, type ProbedRace } from '../keys.ts';
import { ARM_ROLES, INSTRUMENTS, LATENCY_MODES } from './types.ts';

const text = z.string();
const count = z.number().int().nonnegative();

const guest = z
  .strictObject({
    vcpus: count,
    memoryMiB: count,
    cmdline: z.array(text).readonly(),
    backend: z.strictObject({ kind: z.literal('virtio-blk'), rotational: z.boolean(), sizeKiB: count }).readonly(),
  })
  .readonly();

/** The words of a race that are needed here. */
export type RaceWords = Pick<ProbedRace['words'], 'contender' | 'operation'>;

/** What the guest's program is asked to do, but for what differs from arm to arm (`LatencyWorkload`). */
const workload = z
  .strictObject({
    instrument: z.enum(INSTRUMENTS),
    cycles: count,
    periodUs: count,
    horizonUs: count,
    intervalUs: count,
    pages: count,
    race: z.boolean(),
    seconds: count,
    hangSeconds: count,
    holdUs: count,
  })
  .readonly();

const threshold = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('quiet-percentile'), percent: z.number() }),
    z.strictObject({ kind: z.literal('fixed'), us: z.number() }),
  ])
  .readonly();
/** Above which latency a wake-up is an exceedance: a percentile of the control without the contender, or a latency. */
export type LatencyThreshold = z.infer<typeof threshold>;

const budget = z
  .strictObject({
    /** Boots of each arm that are always made, and the most. */
    minBoots: count,
    maxBoots: count,
    /** No further block is begun after this much time, seconds of the host's clock. */
    seconds: count,
    /** Narrow enough: the primary interval's half width, as a share of the larger median. */
    precision: z.number(),
  })
  .readonly();
export type LatencyBudget = z.infer<typeof budget>;

/**
 * A probe that compares how late real-time threads wake, as stored. The first variant is what the others are compared
 * with.
 */
export const latencySpec = z
  .strictObject({
    ...probeSpec,
    kind: z.literal('latency'),
    race: probedRace,
    /** Null for a machine that is measured as it runs. */
    guest: guest.nullable(),
    workload,
    threshold,
    /** Whether one operation of each variant is stepped in a guest of its own with every boot, and counted. */
    instructions: z.boolean(),
    budget,
  })
  .readonly();
export type LatencySpec = z.infer<typeof latencySpec>;

/** One boot of the design: an arm, its place in the order of its block, and the seed that the block's arms share. */
export const latencyArgs = z
  .strictObject({
    arm: text,
    role: z.enum(ARM_ROLES),
    mode: z.enum(LATENCY_MODES),
    block: count,
    place: count,
    /** Arms of the block. */
    of: count,
    seed: count,
  })
  .readonly();
export type LatencyArgs = z.infer<typeof latencyArgs>;

const mebibytes = (example: string) => {
  const error = `needs whole MiB, as ${example}`;
  return z
    .string({ error })
    .regex(/^\d+ ?MiB$/, { error })
    .transform((value) => Number.parseInt(value, 10));
};
const flag = z.boolean({ error: 'needs true or false' });
const thresholdError = 'needs a percentile or a latency, as p90 or 1500us';

const shape = {
  vcpus: whole(1, 64),
  memory: mebibytes('256MiB'),
  cmdline: listOf(line, 'kernel parameters'),
  backend: z.strictObject(
    { kind: z.literal('virtio-blk', { error: 'needs virtio-blk' }), rotational: flag, size: mebibytes('1MiB') },
    { error: 'needs a kind (virtio-blk), rotational and a size' },
  ),
  instrument: oneOf(INSTRUMENTS),
  cycles: whole(1, 1_000_000),
  'period-us': whole(1, 60_000_000),
  'horizon-us': whole(1, 60_000_000),
  'interval-us': whole(50, 1_000_000),
  threshold: z
    .string({ error: thresholdError })
    .transform(parseThreshold)
    .pipe(z.custom<LatencyThreshold>((value) => value !== null, thresholdError)),
  pages: whole(1, 65_536),
  racing: flag,
  instructions: flag,
  seconds: whole(1, 3600),
  'hang-seconds': whole(1, 3600),
  'hold-us': whole(1, 1_000_000),
  budget: z.strictObject(
    {
      'min-boots': whole(1, 1000),
      'max-boots': whole(1, 1000),
      seconds: whole(1, 10_000_000),
      precision: z.number({ error: 'needs a number above 0' }).gt(0, { error: 'needs a number above 0' }),
    },
    { error: 'needs min-boots, max-boots, seconds and precision' },
  ),
} as const;

const OPTIONAL: readonly (keyof typeof shape)[] = ['cmdline', 'instrument', 'racing', 'instructions'];

export const latencyKeys: ProbeKeys<LatencySpec> = {
  shape,
  required: Object.keys(shape).filter((key) => !OPTIONAL.some((optional) => optional === key)),
  defaults: ['variants'],
  check: (values, { race }) => [
    ...contradictions(values),
    ...(race === null || folderOf(race).programs.includes('latency')
      ? []
      : [{ path: [], message: `the race ${race.name} has no program latency` }]),
  ],
  resolve(common, values, { target, race }) {
    const file = values as Required<KeyValues<typeof shape>>;
    const { kind, rotational, size } = file.backend;
    const backend = { kind, rotational, sizeKiB: size * 1024 };
    // A race that has no set-up for it is refused here, not in the middle of a run.
    setupFor(folderOf(race), backend);
    return {
      ...common,
      kind: 'latency',
      race: probedRaceOf({ race, target }),
      guest: {
        vcpus: file.vcpus,
        memoryMiB: file.memory,
        cmdline: values['cmdline'] === undefined ? [] : file.cmdline,
        backend,
      },
      workload: {
        instrument: file.instrument ?? 'sampler',
        cycles: file.cycles,
        periodUs: file['period-us'],
        horizonUs: file['horizon-us'],
        intervalUs: file['interval-us'],
        pages: file.pages,
        race: file.racing ?? true,
        seconds: file.seconds,
        hangSeconds: file['hang-seconds'],
        holdUs: file['hold-us'],
      },
      threshold: file.threshold,
      instructions: file.instructions ?? false,
      budget: {
        minBoots: file.budget['min-boots'],
        maxBoots: file.budget['max-boots'],
        seconds: file.budget.seconds,
        precision: file.budget.precision,
      },
    };
  },
};

/** `p90` and `1500us`; null for everything else. */
function parseThreshold(value: string): LatencyThreshold | null {
  const [, percent, us] = /^(?:p(\d{1,2}(?:\.\d+)?)|(\d+) ?us)$/.exec(value) ?? [];
  if (Number(percent) > 0) return { kind: 'quiet-percentile', percent: Number(percent) };
  return Number(us) > 0 ? { kind: 'fixed', us: Number(us) } : null;
}

/** A threshold's rule in short: `p90` (of the control without the contender), `1500 us`. */
export function thresholdText(rule: LatencyThreshold): string {
  switch (rule.kind) {
    case 'quiet-percentile':
      return `p${rule.percent}`;
    case 'fixed':
      return `${rule.us} us`;
  }
}

/** timerlat_min_period in kernel/trace/trace_osnoise.c. */
const TIMERLAT_LEAST_US = 100;
const PAGES_PER_MIB = 256;

type Values = Readonly<Record<string, unknown>>;

/** What a shape cannot say. */
function contradictions(values: Values): KeyProblem[] {
  const problems: KeyProblem[] = [];
  const [horizon, period, interval, pages] = ['horizon-us', 'period-us', 'interval-us', 'pages'].map((key) =>
    numberOf(values[key]),
  );
  if (horizon! > period!)
    problems.push({ path: ['horizon-us'], message: 'is longer than the period: a wake-up would belong to two cycles' });
  const size = /^(\d+) ?MiB$/.exec(String((values['backend'] as Values | null | undefined)?.['size']))?.[1];
  if (size !== undefined && pages! >= Number(size) * PAGES_PER_MIB)
    problems.push({ path: ['pages'], message: `do not fit a swap area of ${size} MiB next to its header` });
  if (values['instrument'] === 'timerlat' && interval! < TIMERLAT_LEAST_US)
    problems.push({ path: ['interval-us'], message: `timerlat has no period below ${TIMERLAT_LEAST_US}` });
  const given = values['budget'] as Values | null | undefined;
  if (numberOf(given?.['min-boots']) > numberOf(given?.['max-boots']))
    problems.push({ path: ['budget'], message: 'min-boots is more than max-boots' });
  return problems;
}

/** NaN for what has another shape: no comparison with it holds. */
function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}
