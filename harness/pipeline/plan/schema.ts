// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { DEFAULT_RACE } from '../../model/race.ts';
import { SPLAT_TYPES } from '../../model/splat.ts';
import type { Expectation } from '../../model/outcome.ts';
import type { KindTable, ReadKind } from '../../results/kinds.ts';
import { OUTCOMES } from '../../model/verdict.ts';
import type { PlanPath } from './document.ts';
import { keysIn } from './keys-in.ts';
import { valueAt } from './values.ts';

/** The shape of a plan file. Every message says what is needed; what was found is added by whoever reports it. */

const UNITS_KIB = { KiB: 1, MiB: 1024, GiB: 1024 * 1024 } as const;

/** `1MiB` → 1024. */
const sizeKiB = z
  .string({ error: 'needs a size with its unit, as 512KiB or 1MiB' })
  .regex(/^\d+ ?(KiB|MiB|GiB)$/, { error: 'needs a size with its unit, as 512KiB or 1MiB' })
  .transform((text) => Number.parseInt(text, 10) * UNITS_KIB[text.slice(-3) as keyof typeof UNITS_KIB]);

const line = z.string({ error: 'needs a text' }).trim().min(1, { error: 'needs a text' });

const whole = (least: number, most: number) => {
  const error = `needs a whole number from ${least} to ${most}`;
  return z.number({ error }).refine((value) => Number.isInteger(value) && value >= least && value <= most, { error });
};

const oneOf = <const T extends string>(values: readonly [T, ...T[]] | readonly T[]) =>
  z.enum(values as readonly [T, ...T[]], { error: `needs one of ${values.join(', ')}` });

const listOf = <T extends z.ZodType>(item: T, what: string) => z.array(item, { error: `needs a list of ${what}` });

const someOf = <T extends z.ZodType>(item: T, what: string) =>
  listOf(item, what).min(1, { error: `needs at least one of ${what}` });

const mapping = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, { error: 'needs keys with values' });

const mapOf = <T extends z.ZodType>(item: T) => z.record(z.string(), item, { error: 'needs keys with values' });

const series = listOf(line, 'series');
const fragments = someOf(line, 'fragments');

const variantShape = {
  describe: line,
  series,
  source: line.optional(),
  fragments: fragments.optional(),
};

const seconds = whole(1, 86_400);

const budgetShape = { 'min-trials': whole(1, 10_000), 'max-trials': whole(1, 10_000), seconds };

const expectShape = {
  accept: someOf(oneOf(OUTCOMES), 'outcomes'),
  known: listOf(oneOf(OUTCOMES), 'outcomes').default([]),
};

/** mkswap refuses less than ten pages. */
const swapSize = sizeKiB.refine((size) => size >= 40, {
  error: 'needs at least 40KiB: a swap area has ten pages or more',
});

const backendShapes = {
  'virtio-blk': {
    kind: z.literal('virtio-blk'),
    rotational: z.boolean({ error: 'needs true or false' }),
    size: swapSize,
  },
  file: { kind: z.literal('file'), filesystem: oneOf(['ext4']), size: swapSize },
  zram: { kind: z.literal('zram'), size: swapSize },
};

const backend = z.discriminatedUnion(
  'kind',
  [mapping(backendShapes['virtio-blk']), mapping(backendShapes.file), mapping(backendShapes.zram)],
  { error: `needs a kind: one of ${Object.keys(backendShapes).join(', ')}` },
);

/** Keys that probes of every kind have. */
const commonShape = {
  backend,
  control: line,
  variants: someOf(line, 'variants'),
  expect: mapOf(mapping(expectShape)),
};

const stressShape = {
  ...commonShape,
  kind: oneOf(['stress']),
  workload: line,
  vcpus: whole(1, 64),
  memory: sizeKiB.refine((size) => size >= 64 * 1024 && size % 1024 === 0, { error: 'needs whole MiB, 64MiB or more' }),
  cmdline: listOf(line, 'kernel parameters'),
  threads: whole(1, 1024),
  pages: whole(1, 1_000_000),
  'hang-seconds': seconds,
  budget: mapping(budgetShape).partial(),
  budgets: mapOf(mapping(budgetShape).partial()),
};

const everyError = 'needs functions, all, or every: a number';
const points = z.union([z.enum(['functions', 'all']), z.strictObject({ every: whole(1, 1_000_000) })], {
  error: everyError,
});

const interleaveShape = {
  ...commonShape,
  kind: z.literal('interleave'),
  path: line,
  hold: oneOf(['preempt', 'stall']),
  meanwhile: line,
  points,
  repeats: whole(1, 1000),
};

/** A probe or the defaults of stress probes; what must be there is asked once both are known. */
const stressProbe = mapping(stressShape).partial();
const interleaveProbe = mapping(interleaveShape).partial().required({ kind: true });

/** A probe of a kind of the table, as parsed. */
export interface ProbeFile {
  readonly kind: string;
  readonly control?: string | undefined;
  readonly variants?: readonly string[] | undefined;
  readonly expect?: Readonly<Record<string, Expectation>> | undefined;
  readonly [key: string]: unknown;
}

/** The keys of a probe of one of the table's kinds. */
function tableShape({ kind, plan }: ReadKind) {
  const { control, variants, expect } = commonShape;
  return { kind: z.literal(kind), control, variants, expect, ...plan.shape };
}

/** The shape of a probe of a kind; of one that nobody knows, what its `kind` may be. */
function probeShape(kind: string, kinds: KindTable): z.ZodType {
  const own = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (own !== undefined) return mapping(tableShape(own)).partial();
  if (kind === 'interleave') return interleaveProbe;
  return mapping({ ...stressShape, kind: oneOf(kindNames(kinds)) }).partial();
}

function kindNames(kinds: KindTable): string[] {
  return ['stress', 'interleave', ...Object.keys(kinds)];
}

/** The kind decides which keys there are; without one it is that of the defaults. */
export function kindOfProbe(probe: unknown, root: unknown): string {
  const kind = valueAt(probe, ['kind']) ?? valueAt(root, ['defaults', 'kind']);
  return typeof kind === 'string' ? kind : 'stress';
}

const probeOf = (root: unknown, kinds: KindTable) =>
  z.unknown().transform((value, context): StressFile | InterleaveFile | ProbeFile => {
    const parsed = probeShape(kindOfProbe(value, root), kinds).safeParse(value);
    if (parsed.success) return parsed.data as StressFile | InterleaveFile | ProbeFile;
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });

/** The defaults of probes of every kind. */
function defaultsOf(kinds: KindTable) {
  const own = Object.values(kinds).flatMap(({ plan: { shape, defaults } }) =>
    Object.entries(shape).filter(([key]) => defaults.includes(key)),
  );
  const stress = mapping({ ...stressShape, kind: oneOf(kindNames(kinds)) }).partial();
  return stress.extend(mapping(Object.fromEntries(own.filter(([key]) => !(key in stressShape)))).partial().shape);
}

const FUNCTION_NAME = /^[A-Za-z_][\w.]*$/;

const targetShape = {
  types: someOf(oneOf(SPLAT_TYPES), 'types of splats'),
  frames: someOf(
    z.string({ error: 'needs the name of a function' }).regex(FUNCTION_NAME, {
      error: 'needs the name of a function as call traces show it, without +0x…/0x…',
    }),
    'functions',
  ),
};

const alphaError = 'needs a number above 0 and below 0.5';

const planShape = (root: unknown, kinds: KindTable) => ({
  name: line,
  describe: line,
  seed: whole(0, 2 ** 31 - 1).default(1),
  alpha: z
    .number({ error: alphaError })
    .refine((value) => value > 0 && value < 0.5, { error: alphaError })
    .default(0.05),
  accelerator: oneOf(['auto', 'kvm', 'tcg']).default('auto'),
  source: line,
  fragments,
  race: line.default(DEFAULT_RACE),
  target: mapping(targetShape).optional(),
  variants: mapOf(mapping(variantShape)),
  defaults: defaultsOf(kinds).default({}),
  probes: mapOf(probeOf(root, kinds)),
});

/** The shape of a plan; `root` is the document, whose defaults may say of which kind a probe is. */
export const planFile = (root: unknown, kinds: KindTable) => mapping(planShape(root, kinds));
export type PlanFile = z.output<ReturnType<typeof planFile>>;
export type StressFile = z.output<typeof stressProbe>;
export type InterleaveFile = z.output<typeof interleaveProbe>;

/** Keys of a probe that have to come from it or from the defaults. */
export const REQUIRED_OF_STRESS = [
  'kind',
  'workload',
  'backend',
  'vcpus',
  'memory',
  'threads',
  'pages',
  'hang-seconds',
  'control',
  'budget',
  'expect',
] as const satisfies readonly (keyof typeof stressShape)[];

/** The same for one that places the race; of the defaults it takes the backend, the control and what is expected. */
export const REQUIRED_OF_INTERLEAVE = [
  'hold',
  'control',
  'expect',
] as const satisfies readonly (keyof typeof interleaveShape)[];

/** Keys of a budget, likewise. */
export const REQUIRED_OF_BUDGET = Object.keys(budgetShape);

/** The keys that may stand at `path` of a document, for suggestions. */
export function keysAt(path: PlanPath, root: unknown, kinds: KindTable): string[] {
  const [section, id, ...inner] = path;
  if (section !== 'probes' || id === undefined) return keysIn(planFile(root, kinds), path, valueAt(root, path));
  const probe = valueAt(root, [section, id]);
  return keysIn(probeShape(kindOfProbe(probe, root), kinds), inner, valueAt(root, path));
}
