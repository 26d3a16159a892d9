// SPDX-License-Identifier: GPL-2.0-only
import { stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exists } from '../../host/files.ts';
import { UsageError } from '../../model/errors.ts';
import type { Series, SourceSpec, VariantSpec } from '../../model/kernel.ts';
import type { VariantOutcome } from '../../model/outcome.ts';
import { parsePlan } from '../../plan/parse.ts';
import { heldOperation } from '../../race/operations.ts';
import { readRace, type RaceFolder } from '../../race/read.ts';
import { baseOf } from '../../source/base.ts';
import { reportMail } from '../../report/mail.ts';
import { loadSeries } from '../../source/series.ts';
import { parseSourceSpec } from '../../source/spec.ts';
import type { CommandContext } from '../context.ts';
import type { PlanFlags } from '../flags.ts';
import { keepSeries } from '../mutated-series.ts';
import { madePlanText } from '../made-plan.ts';
import { executePlan } from './run.ts';

export interface TryFlags extends PlanFlags {
  readonly tree: string;
  readonly base?: string;
  readonly race: string;
  readonly path?: string;
  readonly perPatch?: boolean;
  readonly savePlan?: string;
}

const WITHOUT = 'without';
const ABSENT: readonly VariantOutcome[] = ['closed', 'not-reproduced'];
const FRAGMENTS = ['base', 'machine', 'swap', 'fs', 'debug'];

/**
 * `try`: a tree without a series and with it, or with each of two versions, under stress where the race has a workload,
 * and placed. Ends with the mail to reply with.
 */
export async function tryCommand(context: CommandContext, names: readonly string[], flags: TryFlags): Promise<void> {
  const { workspace, signal, emit } = context;
  const race = readRace(workspace.guestsDir, flags.race);
  if (flags.path !== undefined) heldOperation(race, flags.path);
  const series = await Promise.all(
    names.map(async (name) => {
      const path = /^(.*?)(#[^#]+\.\.[^#]+)?$/.exec(name)?.[1] ?? name;
      const whole = `${resolve(path)}${name.slice(path.length)}`;
      return { path: whole, series: await loadSeries(whole, signal, workspace.cacheDir) };
    }),
  );
  const source = await sourceOf(context, series, flags);
  emit({ kind: 'note', message: `the tree is ${source.text}${source.why === '' ? '' : ` (${source.why})`}` });
  const fragments = FRAGMENTS.map((name) => join(workspace.root, 'kernel-configs', 'fragments', `${name}.config`));
  const variant = (id: string, describe: string, paths: readonly string[]): VariantSpec => ({
    ...{ id, describe, source: source.spec, series: paths, fragments },
  });
  const ids = idsOf(series.map((each) => each.series.name));
  const prefixes =
    flags.perPatch === true ? await prefixesOf(series[0]?.series, workspace.cacheDir) : new Map<string, string>();
  const variants = [
    variant(WITHOUT, 'the tree as it is', []),
    ...[...prefixes].map(([id, path]) => variant(id, `the series up to this patch`, [path])),
    ...series.map((each, at) => variant(ids[at] ?? '', `with the series ${each.series.name}`, [each.path])),
  ];
  const all = variants.map(({ id }) => id);
  const text = madePlanText(
    {
      ...{ name: `try ${ids.join(' and ')}`, describe: `${ids.join(' and ')} on ${source.text}` },
      ...{ from: { name: 'try', variants }, variants: all, race: race.name },
      probes: probesOf(race, flags.path, all, new Set(prefixes.keys())),
    },
    workspace.root,
  );
  if (flags.savePlan !== undefined) {
    await writeFile(flags.savePlan, text);
    emit({ kind: 'note', message: `the plan is ${flags.savePlan}` });
  }
  const plan = parsePlan(text, { file: join(workspace.root, 'plan.yaml'), root: workspace.root });
  const finished = await executePlan(context, plan, null, flags);
  if (finished !== null && flags.json !== true)
    context.print(`\nA reply for the list:\n\n${reportMail(finished.shown)}`);
}

/** A probe of each sort that the race has; the tree as it is must show the bug. */
function probesOf(
  race: RaceFolder,
  path: string | undefined,
  variants: readonly string[],
  prefixes: ReadonlySet<string>,
): Record<string, Readonly<Record<string, unknown>>> {
  const accept = (id: string): readonly string[] =>
    id === WITHOUT ? ['target'] : prefixes.has(id) ? ['target', 'hang', 'other-bug', ...ABSENT] : ABSENT;
  const expect = Object.fromEntries(variants.map((id) => [id, { accept: [...accept(id)] }]));
  const [workload] = Object.keys(race.workloads ?? {});
  const [setup] = Object.values(race.setups);
  const { kind, ...backend } = setup?.backend ?? { kind: 'none' };
  const own = kind === 'none' ? {} : { backend: { kind, ...('sizeKiB' in backend ? sized(backend) : backend) } };
  const placed = {
    ...{ kind: 'place', hold: 'preempt', points: 'functions', repeats: 1, mutants: true, control: WITHOUT, expect },
    ...(path === undefined ? {} : { path }),
    ...own,
  };
  if (workload === undefined) return { placed };
  const stress = {
    ...{ kind: 'stress', workload, ...own, vcpus: 2, memory: '256MiB', threads: 8, pages: 64, 'hang-seconds': 20 },
    budget: { 'min-trials': 4, 'max-trials': 12, seconds: 8 },
    budgets: { [WITHOUT]: { 'max-trials': 6, seconds: 60 } },
    ...{ control: WITHOUT, expect },
  };
  return { [workload]: stress, placed };
}

function sized({ sizeKiB, ...rest }: { readonly sizeKiB: number }): object {
  return { ...rest, size: `${sizeKiB}KiB` };
}

/** Names of the series as ids of variants; with their place where they are the same, or none. */
function idsOf(names: readonly string[]): string[] {
  const ids = names.map((name) => name.replaceAll(/[^\w.+-]+/g, '-').replaceAll(/^-+|-+$/g, ''));
  const isGood = ids.every((id) => id !== '' && id !== WITHOUT) && new Set(ids).size === ids.length;
  return isGood ? ids : ids.map((_id, at) => `series-${at + 1}`);
}

/** Every shorter beginning of a series, as a folder in the cache. */
async function prefixesOf(series: Series | undefined, cacheDir: string): Promise<Map<string, string>> {
  const prefixes = new Map<string, string>();
  for (let count = 1; series !== undefined && count < series.patches.length; count++) {
    const patches = series.patches.slice(0, count);
    prefixes.set(`patch-${count}`, await keepSeries({ name: `${series.name}-${count}`, patches }, cacheDir));
  }
  return prefixes;
}

interface Tree {
  readonly spec: SourceSpec;
  readonly text: string;
  readonly why: string;
}

/** A source as plans name it; or a repository, a folder or a tarball by its path. */
async function sourceOf(
  { workspace: { cacheDir }, signal }: CommandContext,
  series: readonly { readonly path: string; readonly series: Series }[],
  { tree, base }: TryFlags,
): Promise<Tree> {
  const path = resolve(tree);
  const info = await stat(path).catch(() => null);
  const named = (text: string, why: string): Tree => ({ spec: parseSourceSpec(text), text, why });
  const isRepository = info?.isDirectory() === true && ((await exists(join(path, '.git'))) || (await isBare(path)));
  if (base !== undefined && !isRepository) {
    throw new UsageError('NO_REPOSITORY', `--base ${base}: ${tree} is no git repository`, { hint: 'leave --base out' });
  }
  if (!isRepository) {
    if (info?.isDirectory() === true) return named(`dir:${path}`, '');
    if (info?.isFile() === true) return named(`tarball:${path}`, '');
    if (/^[a-z]+:/.test(tree)) return named(tree, '');
    throw new UsageError('NO_TREE', `--tree ${tree}: there is no such folder, file or source`, {
      hint: 'name a repository, a folder, a tarball, or a source as in docs/plans.md',
    });
  }
  if (base !== undefined) return named(`git:${path}#${base}`, 'as --base says');
  const first = series[0];
  if (first === undefined) throw new UsageError('NO_SERIES', 'Name a series', { hint: 'an mbox, a folder, A..B' });
  const start = first.path.startsWith(`${path}#`) ? first.path.slice(path.length + 1).split('..')[0] : undefined;
  if (start !== undefined) return named(`git:${path}#${start}`, 'where the range begins');
  const paths = series.map((each) => each.path);
  const { rev, why } = await baseOf(path, first.series, paths, { cacheDir, signal });
  return named(`git:${path}#${rev}`, why);
}

async function isBare(path: string): Promise<boolean> {
  const parts = await Promise.all(['HEAD', 'objects', 'refs'].map((name) => exists(join(path, name))));
  return parts.every(Boolean);
}
