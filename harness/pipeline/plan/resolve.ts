import type { SwapBackend } from '../../model/guest.ts';
import type { VariantSpec } from '../../model/kernel.ts';
import type { Plan, ProbeSpec, StressBudget } from '../../model/plan.ts';
import { parseSourceSpec } from '../../source/spec.ts';
import type { PlanCatalog } from './catalog.ts';
import type { PlanFile, ProbeFile } from './schema.ts';

/** Makes a plan of a file without problems: names become paths, defaults go into every probe. */
export function resolvePlan(file: PlanFile, text: string, catalog: PlanCatalog, folder: string): Plan {
  const { name, describe, target, accelerator, seed, alpha } = file;
  const ids = Object.keys(file.variants);
  return {
    name,
    describe,
    text,
    variants: Object.entries(file.variants).map(([id, variant]) => resolveVariant(id, variant, file, catalog, folder)),
    probes: Object.entries(file.probes).map(([id, probe]) => resolveProbe(id, withDefaults(probe, file.defaults), ids)),
    target,
    accelerator,
    seed,
    alpha,
  };
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

/** A probe's own keys win; `budget`, `budgets` and `expect` are merged by their keys. */
function withDefaults(probe: ProbeFile, defaults: ProbeFile): ProbeFile {
  return {
    ...defaults,
    ...probe,
    budget: { ...defaults.budget, ...probe.budget },
    budgets: { ...defaults.budgets, ...probe.budgets },
    expect: { ...defaults.expect, ...probe.expect },
  };
}

function resolveProbe(id: string, probe: ProbeFile, allVariants: readonly string[]): ProbeSpec {
  const variants = probe.variants ?? allVariants;
  const ofVariants = <T>(entries: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(entries).filter(([variant]) => variants.includes(variant)));
  return {
    kind: checked(probe.kind),
    id,
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
      Object.entries(ofVariants(probe.budgets ?? {})).map(([variant, budget]) => [variant, resolveBudget(budget)]),
    ),
    expect: ofVariants(probe.expect ?? {}),
  };
}

type BudgetFile = NonNullable<ProbeFile['budget']>;

function resolveBudget({ 'min-trials': minTrials, 'max-trials': maxTrials, seconds: trialSeconds }: BudgetFile): Partial<StressBudget> {
  return {
    ...(minTrials === undefined ? {} : { minTrials }),
    ...(maxTrials === undefined ? {} : { maxTrials }),
    ...(trialSeconds === undefined ? {} : { trialSeconds }),
  };
}

function resolveBackend(backend: NonNullable<ProbeFile['backend']>): SwapBackend {
  const { size: sizeKiB, ...rest } = backend;
  return { ...rest, sizeKiB } as SwapBackend;
}

/** What the checks before have made sure of. */
function checked<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('a plan was resolved that had not been checked');
  return value;
}
