// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { DEFAULT_RACE } from '../model/race.ts';
import { SPLAT_TYPES } from '../model/splat.ts';
import { OUTCOMES, type Expectation } from '../model/outcome.ts';
import { line, listOf, mapOf, mapping, oneOf, someOf, whole } from '../probe/keys.ts';
import type { KindTable } from '../results/kinds.ts';
import type { PlanPath } from './document.ts';
import { keysIn } from './keys-in.ts';
import { isTree, valueAt } from './values.ts';

/** The shape of a plan file. Every message says what is needed; who reports it adds what was found. */

const series = listOf(line, 'series');
const fragments = someOf(line, 'fragments');

const variantShape = {
  describe: line,
  series,
  source: line.optional(),
  fragments: fragments.optional(),
};

const expectShape = {
  accept: someOf(oneOf(OUTCOMES), 'outcomes'),
  known: listOf(oneOf(OUTCOMES), 'outcomes').default([]),
};

/** Keys that probes of every kind have. */
const commonShape = {
  control: line,
  variants: someOf(line, 'variants'),
  expect: mapOf(mapping(expectShape)),
};

/** A probe of a kind of the table, as parsed. */
export interface ProbeFile {
  readonly kind: string;
  readonly control?: string | undefined;
  readonly variants?: readonly string[] | undefined;
  readonly expect?: Readonly<Record<string, Expectation>> | undefined;
  readonly [key: string]: unknown;
}

/** Other names of kinds in a plan, for those that were written before. */
const ALIASES: Readonly<Record<string, string>> = { interleave: 'place' };

function namesOf(kind: string): string[] {
  return [kind, ...Object.keys(ALIASES).filter((alias) => ALIASES[alias] === kind)];
}

/** The shape of a probe of a kind; of one that nobody knows, what its `kind` may be. */
function probeShape(kind: string | null, kinds: KindTable): z.ZodType {
  const own = kind !== null && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (own === undefined)
    return z.looseObject({ kind: oneOf(kindNames(kinds)).optional() }, { error: 'needs keys with values' });
  return mapping({ kind: z.enum(namesOf(own.kind)), ...commonShape, ...own.plan.shape }).partial();
}

function kindNames(kinds: KindTable): [string, ...string[]] {
  return Object.keys(kinds).flatMap(namesOf) as [string, ...string[]];
}

/** The kind decides which keys there are; without one it is that of the defaults. Null where neither has one. */
export function kindOfProbe(probe: unknown, root: unknown): string | null {
  const kind = valueAt(probe, ['kind']) ?? valueAt(root, ['defaults', 'kind']);
  return typeof kind === 'string' ? (ALIASES[kind] ?? kind) : null;
}

const probeOf = (root: unknown, kinds: KindTable) =>
  z.unknown().transform((value, context): ProbeFile => {
    const parsed = probeShape(kindOfProbe(value, root), kinds).safeParse(value);
    if (parsed.success) return parsed.data as ProbeFile;
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });

/** The defaults of probes of every kind; a key of several kinds is that of those which the plan has. */
function defaultsOf(root: unknown, kinds: KindTable) {
  const probes = valueAt(root, ['probes']);
  const used = new Set(Object.values(isTree(probes) ? probes : {}).map((probe) => kindOfProbe(probe, root)));
  const usedLast = Object.values(kinds).toSorted((a, b) => Number(used.has(a.kind)) - Number(used.has(b.kind)));
  const own = usedLast.flatMap(({ plan: { shape, defaults } }) =>
    Object.entries(shape).filter(([key]) => defaults.includes(key)),
  );
  return mapping({ kind: oneOf(kindNames(kinds)), ...Object.fromEntries(own), ...commonShape }).partial();
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
  seed: whole(0, 2 ** 31 - 1)
    .nullable()
    .default(null),
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
  defaults: defaultsOf(root, kinds).default({}),
  probes: mapOf(probeOf(root, kinds)),
});

/** The shape of a plan; `root` is the document, whose defaults may say of which kind a probe is. */
export const planFile = (root: unknown, kinds: KindTable) => mapping(planShape(root, kinds));
export type PlanFile = z.output<ReturnType<typeof planFile>>;

/** The keys that may stand at `path` of a document, for suggestions. */
export function keysAt(path: PlanPath, root: unknown, kinds: KindTable): string[] {
  const [section, id, ...inner] = path;
  if (section !== 'probes' || id === undefined) return keysIn(planFile(root, kinds), path, valueAt(root, path));
  const probe = valueAt(root, [section, id]);
  return keysIn(probeShape(kindOfProbe(probe, root), kinds), inner, valueAt(root, path));
}
