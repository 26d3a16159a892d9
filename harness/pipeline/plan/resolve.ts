// SPDX-License-Identifier: GPL-2.0-only
import type { SwapBackend } from '../../model/guest.ts';
import type { VariantSpec } from '../../model/kernel.ts';
import type { PointChoice } from '../../model/interleave.ts';
import type { InterleaveProbe, Plan, StressBudget, StressProbe } from '../../model/plan.ts';
import { defaultBackend, defaultHeld } from '../../race/operations.ts';
import type { RaceFolder } from '../../race/read.ts';
import { parseSourceSpec } from '../../source/spec.ts';
import type { PlanCatalog } from './catalog.ts';
import type { ProbeSpec } from '../../model/probe.ts';
import type { KindTable } from '../../results/kinds.ts';
import { mergedValues } from './defaults.ts';
import { kindOfProbe, type InterleaveFile, type PlanFile, type ProbeFile, type StressFile } from './schema.ts';

/** After the release the vCPUs race freely: one attempt at a point shows one of its outcomes. */
const DEFAULT_REPEATS = 3;

/** Where names lead, and what probes may be. */
export interface ResolveTools {
  readonly catalog: PlanCatalog;
  readonly folder: string;
  readonly race: RaceFolder;
  readonly kinds: KindTable;
}

/** Makes a plan of a file without problems: names become paths, defaults go into every probe. */
export function resolvePlan(file: PlanFile, root: unknown, text: string, tools: ResolveTools): Plan {
  const { catalog, folder, race, kinds } = tools;
  const { name, describe, target = race.target, accelerator, seed, alpha } = file;
  const ids = Object.keys(file.variants);
  const legacy = Object.entries(file.probes).filter(([, probe]) => !Object.hasOwn(kinds, kindOfProbe(probe, root)));
  const generic = Object.entries(file.probes).flatMap(([id, probe]) =>
    Object.hasOwn(kinds, kindOfProbe(probe, root)) ? [resolveProbe(id, probe as ProbeFile, file, root, tools)] : [],
  );
  return {
    name,
    describe,
    text,
    variants: Object.entries(file.variants).map(([id, variant]) => resolveVariant(id, variant, file, catalog, folder)),
    probes: legacy.flatMap(([id, probe]) =>
      isInterleave(probe as StressFile)
        ? []
        : [resolveStress(id, withDefaults(probe as StressFile, file.defaults as StressFile), ids, race)],
    ),
    explorations: legacy.flatMap(([id, probe]) =>
      isInterleave(probe as InterleaveFile)
        ? [resolveInterleave(id, probe as InterleaveFile, file.defaults as StressFile, ids, race)]
        : [],
    ),
    ...(generic.length === 0 ? {} : { generic }),
    target,
    accelerator,
    seed,
    alpha,
  };
}

/** A probe of a kind of the table: what every kind has is resolved here, the rest by the kind. */
function resolveProbe(
  id: string,
  own: ProbeFile,
  file: PlanFile,
  root: unknown,
  { kinds, race }: ResolveTools,
): ProbeSpec {
  const { kind, plan } = checked(kinds[kindOfProbe(own, root)]);
  const values = mergedValues(plan, own, file.defaults) as Partial<ProbeFile>;
  const all = Object.keys(file.variants);
  const variants = values.variants ?? all;
  const common = { kind, id, variants, control: values.control ?? null, expect: only(variants, values.expect ?? {}) };
  return plan.resolve(common, values, { variants: all, target: file.target ?? race.target, race });
}

function resolveVariant(
  id: string,
  variant: PlanFile['variants'][string],
  file: PlanFile,
  catalog: PlanCatalog,
  folder: string,
): VariantSpec {
  return {
    id,
    describe: variant.describe,
    source: parseSourceSpec(variant.source ?? file.source, folder),
    series: variant.series.map((name) => checked(catalog.series(name))),
    fragments: (variant.fragments ?? file.fragments).map((name) => checked(catalog.fragment(name))),
  };
}

function isInterleave(probe: StressFile | InterleaveFile): probe is InterleaveFile {
  return probe.kind === 'interleave';
}

/** A probe's own keys win; `budget`, `budgets` and `expect` are merged by their keys. */
function withDefaults(probe: StressFile, defaults: StressFile): StressFile {
  return {
    ...defaults,
    ...probe,
    budget: { ...defaults.budget, ...probe.budget },
    budgets: { ...defaults.budgets, ...probe.budgets },
    expect: { ...defaults.expect, ...probe.expect },
  };
}

/** The entries of a probe's variants. */
function only<T>(variants: readonly string[], entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).filter(([variant]) => variants.includes(variant)));
}

function resolveInterleave(
  id: string,
  probe: InterleaveFile,
  defaults: StressFile,
  allVariants: readonly string[],
  race: RaceFolder,
): InterleaveProbe {
  const variants = probe.variants ?? defaults.variants ?? allVariants;
  return {
    kind: 'interleave',
    id,
    race: race.name,
    oracle: race.oracle,
    path: probe.path ?? defaultHeld(race),
    backend: backendOf(probe.backend ?? defaults.backend, race),
    hold: checked(probe.hold),
    meanwhile: probe.meanwhile ?? race.contender,
    points: choiceOf(probe.points ?? 'functions'),
    repeats: probe.repeats ?? DEFAULT_REPEATS,
    control: checked(probe.control ?? defaults.control),
    variants,
    expect: only(variants, { ...defaults.expect, ...probe.expect }),
  };
}

function choiceOf(points: NonNullable<InterleaveFile['points']>): PointChoice {
  return typeof points === 'string' ? { kind: points } : { kind: 'every', count: points.every };
}

function resolveStress(id: string, probe: StressFile, allVariants: readonly string[], race: RaceFolder): StressProbe {
  const variants = probe.variants ?? allVariants;
  return {
    kind: 'stress',
    id,
    race: race.name,
    workload: checked(probe.workload),
    backend: resolveBackend(checked(probe.backend)),
    vcpus: checked(probe.vcpus),
    memoryMiB: checked(probe.memory) / 1024,
    cmdline: probe.cmdline ?? [],
    threads: checked(probe.threads),
    pages: checked(probe.pages),
    hangSeconds: checked(probe['hang-seconds']),
    control: checked(probe.control),
    variants,
    budget: resolveBudget(checked(probe.budget)) as StressBudget,
    budgets: Object.fromEntries(
      Object.entries(only(variants, probe.budgets ?? {})).map(([variant, budget]) => [variant, resolveBudget(budget)]),
    ),
    expect: only(variants, probe.expect ?? {}),
  };
}

type BudgetFile = NonNullable<StressFile['budget']>;

function resolveBudget({
  'min-trials': minTrials,
  'max-trials': maxTrials,
  seconds: trialSeconds,
}: BudgetFile): Partial<StressBudget> {
  return {
    ...(minTrials === undefined ? {} : { minTrials }),
    ...(maxTrials === undefined ? {} : { maxTrials }),
    ...(trialSeconds === undefined ? {} : { trialSeconds }),
  };
}

function backendOf(backend: StressFile['backend'], race: RaceFolder): SwapBackend {
  return backend === undefined ? defaultBackend(race) : resolveBackend(backend);
}

function resolveBackend(backend: NonNullable<StressFile['backend']>): SwapBackend {
  const { size: sizeKiB, ...rest } = backend;
  return { ...rest, sizeKiB } as SwapBackend;
}

/** What the checks before have made sure of. */
function checked<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('a plan was resolved that had not been checked');
  return value;
}
