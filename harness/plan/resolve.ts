// SPDX-License-Identifier: GPL-2.0-only
import type { VariantSpec } from '../model/kernel.ts';
import type { Plan } from '../model/plan.ts';
import type { ProbeSpec } from '../model/probe.ts';
import { checked } from '../probe/keys.ts';
import type { RaceFolder } from '../race/read.ts';
import type { KindTable } from '../results/kinds.ts';
import { parseSourceSpec } from '../source/spec.ts';
import type { PlanCatalog } from './catalog.ts';
import { mergedValues } from './defaults.ts';
import { kindOfProbe, type PlanFile, type ProbeFile } from './schema.ts';

/** Where names lead, and what probes may be. */
export interface ResolveTools {
  readonly catalog: PlanCatalog;
  readonly folder: string;
  readonly race: RaceFolder;
  readonly kinds: KindTable;
}

/** Makes a plan of a file without problems: names become paths, defaults go into every probe. */
export function resolvePlan(file: PlanFile, root: unknown, text: string, tools: ResolveTools): Plan {
  const { name, describe, target = tools.race.target, accelerator, seed, alpha } = file;
  return {
    name,
    describe,
    text,
    variants: Object.entries(file.variants).map(([id, variant]) => resolveVariant(id, variant, file, tools)),
    probes: Object.entries(file.probes).map(([id, probe]) => resolveProbe(id, probe, file, root, tools)),
    target,
    accelerator,
    seed,
    alpha,
  };
}

/** What every kind has is resolved here, the rest by the kind. */
function resolveProbe(
  id: string,
  own: ProbeFile,
  file: PlanFile,
  root: unknown,
  { kinds, race }: ResolveTools,
): ProbeSpec {
  const { kind, plan } = checked(kinds[checked(kindOfProbe(own, root) ?? undefined)]);
  const values = mergedValues(plan, own, file.defaults) as Partial<ProbeFile>;
  const all = Object.keys(file.variants);
  const variants = values.variants ?? all;
  const expect = Object.entries(values.expect ?? {}).filter(([variant]) => variants.includes(variant));
  const common = { kind, id, variants, control: values.control ?? null, expect: Object.fromEntries(expect) };
  return plan.resolve(common, values, { variants: all, target: file.target ?? race.target, race });
}

function resolveVariant(
  id: string,
  variant: PlanFile['variants'][string],
  file: PlanFile,
  { catalog, folder }: ResolveTools,
): VariantSpec {
  return {
    id,
    describe: variant.describe,
    source: parseSourceSpec(variant.source ?? file.source, folder),
    series: variant.series.map((name) => checked(catalog.series(name) ?? undefined)),
    fragments: (variant.fragments ?? file.fragments).map((name) => checked(catalog.fragment(name) ?? undefined)),
  };
}
