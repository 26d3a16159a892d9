// SPDX-License-Identifier: GPL-2.0-only
import { basename, dirname, join, relative } from 'node:path';
import { stringify } from 'yaml';
import type { SwapBackend } from '../model/guest.ts';
import type { VariantSpec } from '../model/kernel.ts';
import type { Plan } from '../model/plan.ts';
import { OUTCOMES, type TargetSignature } from '../model/outcome.ts';
import { formatSourceSpec } from '../source/spec.ts';
import { variantOf } from './commands/variant.ts';

/** A plan that a command makes of another one's variants and of its own options. */
export interface MadePlan {
  readonly name: string;
  readonly describe: string;
  /** Those of `from` that are probed. */
  readonly from: Pick<Plan, 'name' | 'variants'>;
  readonly variants: readonly string[];
  readonly race: string;
  /** Instead of the race's. */
  readonly target?: TargetSignature;
  /** Values by key, as a plan file has them; `variants` is added, and `expect` where it is absent. */
  readonly probes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * The text of a plan that runs by itself: `scripts/run FILE` repeats what a command did.
 *
 * @param root the project's folder: what it ships has its bare name.
 * @throws UsageError naming the variants that there are.
 */
export function madePlanText({ name, describe, from, variants, race, target, probes }: MadePlan, root: string): string {
  const all = [...new Set(variants)].map((id) => variantOf(from, id));
  // A map, or a search, that somebody asks for is looked at: whatever it shows is what was wanted.
  const expect = Object.fromEntries(all.map(({ id }) => [id, { accept: [...OUTCOMES] }]));
  const first = all[0] as VariantSpec;
  return stringify(
    {
      ...{ name, describe, race },
      ...(target === undefined ? {} : { target: { types: [...target.types], frames: [...target.frames] } }),
      accelerator: 'tcg',
      source: formatSourceSpec(first.source),
      fragments: first.fragments.map((path) => fragmentName(path, root)),
      variants: Object.fromEntries(
        all.map(({ id, describe: what, source, series, fragments }) => [
          id,
          {
            describe: what,
            source: formatSourceSpec(source),
            series: series.map((path) => shippedName(path, join(root, 'kernel-configs', 'series'))),
            fragments: fragments.map((path) => fragmentName(path, root)),
          },
        ]),
      ),
      probes: Object.fromEntries(
        Object.entries(probes).map(([id, probe]) => [id, { variants: all.map((each) => each.id), expect, ...probe }]),
      ),
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

/** A backend as a plan file says it; nothing where there is no swap. */
export function backendKeysOf(backend: SwapBackend): Readonly<Record<string, unknown>> {
  if (backend.kind === 'none') return {};
  const { sizeKiB, ...rest } = backend;
  return { backend: { ...rest, size: `${sizeKiB}KiB` } };
}

/** The bare name of what is below a folder; of anything else its path. */
function shippedName(path: string, folder: string): string {
  const name = relative(folder, path);
  return name.startsWith('..') ? path : name;
}

/** That of a race lies in the race's folder and has its name. */
function fragmentName(path: string, root: string): string {
  const races = join(root, 'guests', 'races');
  if (dirname(dirname(path)) === races) return basename(dirname(path));
  const shipped = join(root, 'kernel-configs', 'fragments');
  const name = shippedName(path, shipped);
  return name === path ? path : name.replace(/\.config$/, '');
}
