// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { armsOf } from '../../probe/latency/design.ts';
import { UsageError } from '../../model/errors.ts';
import type { VariantSpec } from '../../model/kernel.ts';
import { INSTRUMENTS, type LatencyPlan, type LatencyThreshold } from '../../model/latency.ts';
import { parseSourceSpec } from '../../source/spec.ts';
import { PlanCatalog } from '../plan/catalog.ts';
import { PlanDocument } from '../plan/document.ts';
import type { Workspace } from '../workspace.ts';

const line = z.string().trim().min(1);
const whole = (least: number, most: number) => z.number().int().min(least).max(most);
const lines = z.array(line);

/** timerlat_min_period in kernel/trace/trace_osnoise.c. */
const TIMERLAT_LEAST_US = 100;

const planFile = z.strictObject({
  name: line,
  describe: line,
  seed: whole(0, 2 ** 31 - 1).default(1),
  alpha: z.number().gt(0).lt(0.5).default(0.05),
  accelerator: z.enum(['auto', 'kvm', 'tcg']).default('auto'),
  source: line,
  fragments: lines.min(1),
  variants: z.record(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/, 'an id is made of letters, digits and . + _ -'),
    z.strictObject({ describe: line, series: lines, source: line.optional(), fragments: lines.min(1).optional() }),
  ),
  latency: z.strictObject({
    vcpus: whole(1, 64),
    memory: z
      .string()
      .regex(/^\d+ ?MiB$/, 'needs whole MiB, as 256MiB')
      .transform((text) => Number.parseInt(text, 10)),
    cmdline: lines.default([]),
    rotational: z.boolean().default(true),
    swap: z
      .string()
      .regex(/^\d+ ?MiB$/, 'needs whole MiB, as 1MiB')
      .transform((text) => Number.parseInt(text, 10)),
    instrument: z.enum(INSTRUMENTS).default('sampler'),
    swapoffs: whole(1, 1_000_000),
    'period-us': whole(1, 60_000_000),
    'horizon-us': whole(1, 60_000_000),
    'interval-us': whole(50, 1_000_000),
    threshold: z
      .string()
      .transform(parseThreshold)
      .pipe(z.custom<LatencyThreshold>((value) => value !== null, 'needs a percentile or a latency, as p90 or 1500us')),
    pages: whole(1, 65_536),
    race: z.boolean().default(true),
    instructions: z.boolean().default(false),
    seconds: whole(1, 3600),
    'hang-seconds': whole(1, 3600),
    'hold-us': whole(1, 1_000_000),
    budget: z.strictObject({
      'min-boots': whole(1, 1000),
      'max-boots': whole(1, 1000),
      seconds: whole(1, 10_000_000),
      precision: z.number().gt(0),
    }),
  }),
});
type PlanFile = z.output<typeof planFile>;

/** `p90` and `1500us`; null for everything else. */
function parseThreshold(text: string): LatencyThreshold | null {
  const [, percent, us] = /^(?:p(\d{1,2}(?:\.\d+)?)|(\d+) ?us)$/.exec(text) ?? [];
  if (Number(percent) > 0) return { kind: 'quiet-percentile', percent: Number(percent) };
  return Number(us) > 0 ? { kind: 'fixed', us: Number(us) } : null;
}

/**
 * Reads a latency plan (docs/latency.md).
 *
 * @throws UsageError `PLAN_INVALID` that lists everything that is wrong, with its line.
 */
export async function loadLatencyPlan(file: string, { root }: Workspace): Promise<LatencyPlan> {
  return parseLatencyPlan(await readFile(file, 'utf8'), { file, root });
}

/** As `loadLatencyPlan`. @param root the project's folder, with kernel-configs/ in it. */
export function parseLatencyPlan(
  text: string,
  { file, root }: { readonly file: string; readonly root: string },
): LatencyPlan {
  const document = new PlanDocument(text);
  const parsed = planFile.safeParse(document.value);
  const folder = dirname(resolve(file));
  const problems = parsed.success
    ? contradictions(parsed.data, new PlanCatalog(resolve(root), folder)).map(([path, message]) => ({ path, message }))
    : parsed.error.issues.map(({ path, message }) => ({
        path: path.map((step) => (typeof step === 'number' ? step : String(step))),
        message,
      }));
  const all = [
    ...document.syntaxErrors.map(({ line: at, message }) => `line ${at}: ${message}`),
    ...problems.map(
      ({ path, message }) => `line ${document.lineOf(path)}: ${path.join('.') || 'the plan'}: ${message}`,
    ),
  ];
  if (!parsed.success || all.length > 0) {
    throw new UsageError(
      'PLAN_INVALID',
      [`Cannot use latency plan ${file}:`, ...all.map((each) => `  ${each}`)].join('\n'),
      {
        hint: 'docs/latency.md describes the format, kernel-configs/plans/latency.yaml is an example',
      },
    );
  }
  return resolvePlan(parsed.data, text, new PlanCatalog(resolve(root), folder), folder);
}

/**
 * The same plan over some of its variants, the first of them the one that others are compared with.
 *
 * @throws UsageError `UNKNOWN_VARIANT`.
 */
export function selectVariants(plan: LatencyPlan, ids: readonly string[]): LatencyPlan {
  if (ids.length === 0) return plan;
  const variants = ids.map((id) => {
    const variant = plan.variants.find((each) => each.id === id);
    if (variant !== undefined) return variant;
    throw new UsageError('UNKNOWN_VARIANT', `The plan ${plan.name} has no variant ${id}`, {
      hint: `one of: ${plan.variants.map((each) => each.id).join(', ')}`,
    });
  });
  return { ...plan, variants, arms: armsOf(ids) };
}

/** What a shape cannot say. */
function contradictions(file: PlanFile, catalog: PlanCatalog): [path: (string | number)[], message: string][] {
  const { latency } = file;
  const problems: [(string | number)[], string][] = [];
  const fragments = (path: string[], names: readonly string[]): void => {
    for (const name of names) if (catalog.fragment(name) === null) problems.push([path, `unknown fragment ${name}`]);
  };
  fragments(['fragments'], file.fragments);
  for (const [id, variant] of Object.entries(file.variants)) {
    fragments(['variants', id, 'fragments'], variant.fragments ?? []);
    for (const name of variant.series)
      if (catalog.series(name) === null) problems.push([['variants', id, 'series'], `unknown series ${name}`]);
  }
  if (Object.keys(file.variants).length === 0) problems.push([['variants'], 'needs at least one']);
  if (latency['horizon-us'] > latency['period-us'])
    problems.push([['latency', 'horizon-us'], 'is longer than the period: a wake-up would belong to two swapoffs']);
  if (latency.pages >= latency.swap * 256)
    problems.push([['latency', 'pages'], `do not fit a swap area of ${latency.swap} MiB beside its header`]);
  if (latency.instrument === 'timerlat' && latency['interval-us'] < TIMERLAT_LEAST_US) {
    problems.push([['latency', 'interval-us'], `timerlat has no period below ${TIMERLAT_LEAST_US}`]);
  }
  if (latency.budget['min-boots'] > latency.budget['max-boots'])
    problems.push([['latency', 'budget'], 'min-boots is more than max-boots']);
  return problems;
}

function resolvePlan(file: PlanFile, text: string, catalog: PlanCatalog, folder: string): LatencyPlan {
  const { name, describe, seed, alpha, accelerator, latency } = file;
  const found = (path: string | null): string => path as string;
  const variants = Object.entries(file.variants).map(([id, variant]): VariantSpec => ({
    id,
    describe: variant.describe,
    source: parseSourceSpec(variant.source ?? file.source, folder),
    series: variant.series.map((each) => found(catalog.series(each))),
    fragments: (variant.fragments ?? file.fragments).map((each) => found(catalog.fragment(each))),
  }));
  return {
    name,
    describe,
    text,
    variants,
    arms: armsOf(variants.map(({ id }) => id)),
    guest: {
      vcpus: latency.vcpus,
      memoryMiB: latency.memory,
      cmdline: latency.cmdline,
      backend: { kind: 'virtio-blk', rotational: latency.rotational, sizeKiB: latency.swap * 1024 },
    },
    workload: {
      instrument: latency.instrument,
      cycles: latency.swapoffs,
      periodUs: latency['period-us'],
      horizonUs: latency['horizon-us'],
      intervalUs: latency['interval-us'],
      pages: latency.pages,
      race: latency.race,
      seconds: latency.seconds,
      hangSeconds: latency['hang-seconds'],
      holdUs: latency['hold-us'],
    },
    threshold: latency.threshold,
    instructions: latency.instructions,
    budget: {
      minBoots: latency.budget['min-boots'],
      maxBoots: latency.budget['max-boots'],
      seconds: latency.budget.seconds,
      precision: latency.budget.precision,
    },
    accelerator,
    seed,
    alpha,
  };
}
