// SPDX-License-Identifier: GPL-2.0-only
/** Shapes that kinds of probes share: keys of a plan file, and the same as stored. */
import { z } from 'zod';
import type { GuestSpec, SwapBackend } from '../model/guest.ts';
import { suggest } from '../model/near.ts';
import type { KeyProblem, KeyValues, ResolveContext } from '../model/probe.ts';
import { ORACLES, type Race } from '../model/race.ts';
import { SPLAT_TYPES } from '../model/splat.ts';
import type { RaceFolder } from '../race/read.ts';

const text = z.string();
const count = z.number().int().nonnegative();

/** Of a plan file. Every message says what is needed; what was found is added where it is reported. */
export const line = z.string({ error: 'needs a text' }).trim().min(1, { error: 'needs a text' });

export const whole = (least: number, most: number) => {
  const error = `needs a whole number from ${least} to ${most}`;
  return z.number({ error }).refine((value) => Number.isInteger(value) && value >= least && value <= most, { error });
};

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `needs one of ${values.join(', ')}` });

export const listOf = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item, { error: `needs a list of ${what}` });

export const someOf = <T extends z.ZodType>(item: T, what: string) =>
  listOf(item, what).min(1, { error: `needs at least one of ${what}` });

export const mapping = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, { error: 'needs keys with values' });

export const mapOf = <T extends z.ZodType>(item: T) => z.record(z.string(), item, { error: 'needs keys with values' });

const UNITS_KIB = { KiB: 1, MiB: 1024, GiB: 1024 * 1024 } as const;
const SIZE = /^\d+ ?(KiB|MiB|GiB)$/;
const sizeError = 'needs a size with its unit, as 512KiB or 1MiB';

function kibOf(size: string): number {
  return Number.parseInt(size, 10) * UNITS_KIB[size.slice(-3) as keyof typeof UNITS_KIB];
}

/** `1MiB` → 1024. */
const sizeKiB = z.string({ error: sizeError }).regex(SIZE, { error: sizeError }).transform(kibOf);

/** mkswap refuses less than ten pages. */
const swapSize = sizeKiB.refine((size) => size >= 40, {
  error: 'needs at least 40KiB: a swap area has ten pages or more',
});

/** What guests swap to, as a plan file says it. */
export const backendKeys = z.discriminatedUnion(
  'kind',
  [
    mapping({
      kind: z.literal('virtio-blk'),
      rotational: z.boolean({ error: 'needs true or false' }),
      size: swapSize,
    }),
    mapping({ kind: z.literal('file'), filesystem: oneOf(['ext4']), size: swapSize }),
    mapping({ kind: z.literal('zram'), size: swapSize }),
  ],
  { error: 'needs a kind: one of virtio-blk, file, zram' },
);

export function backendOf({ size, ...rest }: z.output<typeof backendKeys>): SwapBackend {
  return { ...rest, sizeKiB: size } as SwapBackend;
}

/** The same as stored. */
export const swapBackend = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('virtio-blk'), rotational: z.boolean(), sizeKiB: count }),
    z.strictObject({ kind: z.literal('file'), filesystem: z.literal('ext4'), sizeKiB: count }),
    z.strictObject({ kind: z.literal('zram'), sizeKiB: count }),
    z.strictObject({ kind: z.literal('none') }),
  ])
  .readonly();

/** What raced, as far as judging and reporting ask; its target is the plan's. */
export const probedRace = z
  .strictObject({
    name: text,
    words: z
      .strictObject({
        contender: text,
        operation: text,
        exposure: z.strictObject({ one: text, many: text, describe: text }).readonly(),
        corruption: text,
      })
      .readonly(),
    target: z
      .strictObject({ types: z.array(z.enum(SPLAT_TYPES)).readonly(), frames: z.array(text).readonly() })
      .readonly(),
    /** The ways in which the race's own bug shows. */
    oracle: z.array(z.enum(ORACLES)).readonly(),
  })
  .readonly();
export type ProbedRace = z.infer<typeof probedRace>;

export function probedRaceOf({ race, target }: Pick<ResolveContext, 'race' | 'target'>): ProbedRace {
  const { name, oracle, words } = race;
  const { contender, operation, exposure, corruption } = words;
  return { name, words: { contender, operation, exposure, corruption }, target, oracle };
}

/** A plan's race is one that was read from its folder. */
export function folderOf(race: Race): RaceFolder {
  if ('operations' in race && 'setups' in race) return race as RaceFolder;
  throw new Error(`the race ${race.name} was not read from its folder`);
}

/** What is wrong with a name that should be one of several; what is no name is reported by its shape. */
export function unknownName(key: string, name: unknown, names: readonly string[], problem: string): KeyProblem[] {
  if (typeof name !== 'string' || names.includes(name)) return [];
  return [{ path: [key], message: `${problem} ${name}; ${suggest(name, names)}` }];
}

/** What the checks of a plan have made sure of. */
export function checked<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a plan was resolved that had not been checked');
  return value;
}

/** Threads of a race's workload against a loop of its contender, and the machine in which they race. */
export const workloadKeys = {
  workload: line,
  backend: backendKeys,
  vcpus: whole(1, 64),
  memory: sizeKiB.refine((size) => size >= 64 * 1024 && size % 1024 === 0, { error: 'needs whole MiB, 64MiB or more' }),
  cmdline: listOf(line, 'kernel parameters'),
  threads: whole(1, 1024),
  pages: whole(1, 1_000_000),
  'hang-seconds': whole(1, 86_400),
} as const;

/** Those of them that a plan has to give. */
export const REQUIRED_OF_WORKLOAD = [
  'workload',
  'backend',
  'vcpus',
  'memory',
  'threads',
  'pages',
  'hang-seconds',
] as const satisfies readonly (keyof typeof workloadKeys)[];

/** The same as stored. */
export const workloadSpec = {
  /** One of the race's workloads. */
  workload: text,
  backend: swapBackend,
  vcpus: count,
  memoryMiB: count,
  cmdline: z.array(text).readonly(),
  /** Threads that race against the contender. */
  threads: count,
  /** Pages that each cycle swaps out and in again. */
  pages: count,
  /** Seconds without progress of a workload thread, while the guest answers, that make a hang. */
  hangSeconds: count,
} as const;

const _workload = z.strictObject(workloadSpec).readonly();
export type WorkloadSettings = z.infer<typeof _workload>;

export function workloadOf(file: KeyValues<typeof workloadKeys>): WorkloadSettings {
  return {
    workload: checked(file.workload),
    backend: backendOf(checked(file.backend)),
    vcpus: checked(file.vcpus),
    memoryMiB: checked(file.memory) / 1024,
    cmdline: file.cmdline ?? [],
    threads: checked(file.threads),
    pages: checked(file.pages),
    hangSeconds: checked(file['hang-seconds']),
  };
}

/** The machine in which a workload races. */
export function machineOf({ vcpus, memoryMiB, cmdline, backend }: WorkloadSettings): GuestSpec {
  return { vcpus, memoryMiB, cmdline, backend };
}

type Values = Readonly<Record<string, unknown>>;

/** What no shape can say of a workload's keys. */
export function workloadProblems(values: Values, race: Race | null): KeyProblem[] {
  const names = race === null ? null : Object.keys(folderOf(race).workloads);
  return [
    ...(race === null || names === null
      ? []
      : unknownName('workload', values['workload'], names, `${race.name} has no workload`)),
    ...pageProblems(values),
  ];
}

const PAGE_KIB = 4;

/** One page of a swap area is its header. */
function pageProblems({ pages, backend: given }: Values): KeyProblem[] {
  const size: unknown = typeof given === 'object' && given !== null && 'size' in given ? given.size : undefined;
  if (typeof pages !== 'number' || typeof size !== 'string' || !SIZE.test(size)) return [];
  const room = Math.floor(kibOf(size) / PAGE_KIB) - 1;
  if (pages <= room) return [];
  return [{ path: ['pages'], message: `${pages} pages do not fit a swap area of ${size}; at most ${room} do` }];
}
