// SPDX-License-Identifier: GPL-2.0-only
/**
 * What kernels cost to build: one cold build, then each further variant of the same source, in a cache of its own.
 *
 *   npm run bench:build              every variant of the shipped plan
 *   npm run bench:build -- v5a v5b   these, in this order; the first one is the cold build
 *
 * Seconds drift between machines and hours; compare the ratios to the cold build. A source package that the usual cache
 * has is not fetched again. $SWAPRACE_BENCH_DIR, or the temporary folder, needs 4 GB.
 */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildKernel } from '../harness/build/kernel.ts';
import { defaultCacheDir } from '../harness/host/cachedir.ts';
import { makeTempDir } from '../harness/host/temp-dir.ts';
import { configure } from '../harness/kconfig/configure.ts';
import { loadFragments } from '../harness/kconfig/fragment.ts';
import { exitStatusOf, SwapraceError, UsageError } from '../harness/model/errors.ts';
import type { ProgressListener } from '../harness/model/events.ts';
import type { SourceTree, VariantSpec } from '../harness/model/kernel.ts';
import { findPlan, loadPlan } from '../harness/plan/load.ts';
import { workspace } from '../harness/host/workspace.ts';
import { patchTree } from '../harness/source/patch.ts';
import { prepareSource } from '../harness/source/prepare.ts';
import { loadSeries } from '../harness/source/series.ts';

interface Row {
  readonly variant: string;
  readonly seconds: number;
  readonly objects: number;
  /** Seconds of the same call with nothing changed. */
  readonly againSeconds: number;
}

interface Bench {
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}

async function main(names: readonly string[]): Promise<void> {
  const variants = await chooseVariants(names);
  await using cache = await makeTempDir(process.env['SWAPRACE_BENCH_DIR'] ?? tmpdir(), 'bench');
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('Interrupted')));
  await borrowPackages(cache.path);
  await measureAll(variants, { cacheDir: cache.path, signal: stop.signal });
}

/** @throws UsageError for a variant that the plan does not have or that has no source to build. */
async function chooseVariants(names: readonly string[]): Promise<readonly VariantSpec[]> {
  const place = workspace();
  const { variants } = await loadPlan(await findPlan('default', place), place);
  if (names.length === 0) return variants;
  return names.map((name) => {
    const found = variants.find((variant) => variant.id === name);
    if (found !== undefined) return found;
    throw new UsageError('NO_SUCH_VARIANT', `No variant ${name} in the shipped plan`, {
      hint: variants.map((variant) => variant.id).join(', '),
    });
  });
}

async function measureAll(variants: readonly VariantSpec[], bench: Bench): Promise<void> {
  const rows: Row[] = [];
  for (const variant of variants) {
    const started = performance.now();
    const tree = await treeOf(variant, bench);
    if (rows.length === 0)
      process.stdout.write(
        `Linux ${tree.kernelVersion}: ${((performance.now() - started) / 1000).toFixed(1)} s to unpack\n`,
      );
    rows.push(await measure(variant, tree, bench));
    process.stdout.write(`${rowText(rows.at(-1) as Row, rows[0] as Row)}\n`);
  }
}

async function treeOf({ id, source }: VariantSpec, { cacheDir, signal }: Bench): Promise<SourceTree> {
  if (source.kind === 'prebuilt')
    throw new UsageError('NOTHING_TO_BUILD', `Variant ${id} is a prebuilt kernel`, {
      hint: 'name variants that are built',
    });
  return prepareSource(source, { cacheDir, offline: false, signal, onEvent: showNotes });
}

async function measure(variant: VariantSpec, tree: SourceTree, bench: Bench): Promise<Row> {
  const series = await Promise.all(variant.series.map((path) => loadSeries(path, bench.signal, bench.cacheDir)));
  const fragments = await loadFragments(variant.fragments);
  const build = () =>
    buildKernel({
      ...bench,
      tree,
      series,
      fragments,
      variantId: variant.id,
      onEvent: showNotes,
      steps: { patchTree, configure },
    });
  const first = await build();
  const again = await build();
  return {
    variant: variant.id,
    seconds: first.seconds,
    objects: first.kernel.record.objects,
    againSeconds: again.seconds,
  };
}

function rowText(row: Row, cold: Row): string {
  const share = row === cold ? 'cold' : `${((100 * row.seconds) / cold.seconds).toFixed(1)} % of cold`;
  return [
    row.variant.padEnd(10),
    `${row.seconds.toFixed(1)} s`.padStart(9),
    share.padStart(15),
    `${row.objects} objects`.padStart(13),
    `cached ${row.againSeconds.toFixed(2)} s`,
  ].join('  ');
}

/** Hundreds of megabytes need not be fetched again. */
async function borrowPackages(cacheDir: string): Promise<void> {
  const from = join(defaultCacheDir(), 'debs');
  await mkdir(join(cacheDir, 'debs'));
  const names = (await readdir(from).catch(() => [])).filter((name) => name.startsWith('linux-source-'));
  await Promise.all(names.map((name) => copyFile(join(from, name), join(cacheDir, 'debs', name))));
}

const showNotes: ProgressListener = (event) => {
  if (event.kind === 'note') process.stderr.write(`${event.message}\n`);
};

function reportFailure(error: unknown): void {
  const known = error instanceof SwapraceError ? error : null;
  const lines = [
    (error as Error).message,
    known?.details,
    known?.hint === undefined ? undefined : `Try: ${known.hint}`,
  ];
  process.stderr.write(`${lines.filter((line) => line !== undefined).join('\n')}\n`);
  process.exitCode = known === null ? 1 : exitStatusOf(known.fault);
}

await main(process.argv.slice(2)).catch(reportFailure);
