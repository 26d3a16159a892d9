// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeFileAtomic } from '../host/files.ts';
import { buildKernels, type KernelOptions } from '../lab/kernels.ts';
import { BuildError, UsageError } from '../model/errors.ts';
import type { Series, VariantSpec } from '../model/kernel.ts';
import { withoutEachHunk } from '../source/hunks.ts';
import { loadSeries } from '../source/series.ts';

/**
 * A variant once for each hunk of the series that it has beyond another variant's, without that hunk. Only those that
 * apply and build, as another kernel than the variant itself; what the others fail at is a note.
 *
 * @throws UsageError `NOTHING_TO_MUTATE`; BuildError `NO_MUTANT`.
 */
export async function withoutHunks(
  variant: VariantSpec,
  base: VariantSpec,
  options: KernelOptions,
): Promise<readonly VariantSpec[]> {
  const own = variant.series.filter((path) => !base.series.includes(path));
  if (own.length === 0)
    throw new UsageError('NOTHING_TO_MUTATE', `${variant.id} has no series beyond those of ${base.id}`, {
      hint: 'leave --mutate out: waits are taken away without a series',
    });
  const mutants: VariantSpec[] = [];
  for (const path of own) {
    for (const { series, hunk } of withoutEachHunk(await loadSeries(path, options.signal, options.cacheDir))) {
      const mark = `hunk-${mutants.length + 1}`;
      const folder = await keepSeries({ ...series, name: `${series.name}-${mark}` }, options.cacheDir);
      mutants.push({
        ...variant,
        id: `${variant.id}-${mark}`,
        describe: `${variant.id} without ${hunk}`,
        series: variant.series.map((each) => (each === path ? folder : each)),
      });
    }
  }
  const { kernels, troubles } = await buildKernels([variant, ...mutants], options);
  const failed = new Set(troubles.map((trouble) => trouble.variant));
  const built = mutants.filter(({ id }) => kernels[id] !== undefined && !failed.has(id));
  if (built.length > 0) return built;
  throw new BuildError(
    'NO_MUTANT',
    `No kernel of ${variant.id} without one of its ${mutants.length} hunks could be built`,
    {
      hint: 'the notes say why; without --mutate its waits alone are taken away',
    },
  );
}

/** A quilt folder in the cache, named by its content: a plan that names it can be run again. */
export async function keepSeries({ name, patches }: Series, cacheDir: string): Promise<string> {
  const id = createHash('sha256').update(JSON.stringify(patches)).digest('hex').slice(0, 16);
  const folder = join(cacheDir, 'mutants', id, name);
  const files = patches.map(({ text }, at) => ({ file: `${String(at + 1).padStart(4, '0')}.patch`, text }));
  for (const { file, text } of files) await writeFileAtomic(join(folder, file), text);
  await writeFileAtomic(join(folder, 'series'), files.map(({ file }) => `${file}\n`).join(''));
  return folder;
}
