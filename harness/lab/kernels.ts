// SPDX-License-Identifier: GPL-2.0-only
import { buildKernel } from '../build/kernel.ts';
import { loadPrebuilt } from '../build/prebuilt.ts';
import { configure } from '../kconfig/configure.ts';
import { loadFragments } from '../kconfig/fragment.ts';
import { SwapraceError } from '../model/errors.ts';
import type { ProgressListener } from '../model/events.ts';
import type { Kernel, SourceTree, VariantSpec } from '../model/kernel.ts';
import type { Trouble } from '../model/run.ts';
import { patchTree } from '../source/patch.ts';
import { prepareSource, type TreeSpec } from '../source/prepare.ts';
import { loadSeries } from '../source/series.ts';
import { formatSourceSpec } from '../source/spec.ts';

export interface KernelOptions {
  readonly cacheDir: string;
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

export interface BuiltKernels {
  /** By variant id; a variant that could not be built is among the troubles instead. */
  readonly kernels: Readonly<Record<string, Kernel>>;
  readonly troubles: readonly Trouble[];
}

/** Faults that concern one variant and leave the others possible. */
const ONE_VARIANT: readonly string[] = ['source', 'build'];

/**
 * The kernels of variants, from the cache or built, in the variants' order.
 *
 * @throws HostError, InterruptedError, UsageError: what concerns every variant.
 */
export async function buildKernels(variants: readonly VariantSpec[], options: KernelOptions): Promise<BuiltKernels> {
  const sources = new Map<string, Promise<SourceTree>>();
  const kernels: Record<string, Kernel> = {};
  const troubles: Trouble[] = [];
  for (const variant of variants) {
    try {
      kernels[variant.id] = await kernelOf(variant, sources, options);
    } catch (error) {
      if (!(error instanceof SwapraceError) || !ONE_VARIANT.includes(error.fault)) throw error;
      troubles.push({
        fault: error.fault,
        variant: variant.id,
        message: [error.message, error.details].filter(Boolean).join('\n'),
      });
      options.emit({ kind: 'note', message: `${variant.id}: ${error.message}` });
    }
  }
  return { kernels, troubles: [...troubles, ...sameCode(kernels)] };
}

async function kernelOf(
  variant: VariantSpec,
  sources: Map<string, Promise<SourceTree>>,
  options: KernelOptions,
): Promise<Kernel> {
  const { cacheDir, signal, emit } = options;
  if (variant.source.kind === 'prebuilt') return loadPrebuilt(variant.source.path);
  const [tree, series, fragments] = [
    await sourceOf(variant.source, sources, options),
    await Promise.all(variant.series.map((path) => loadSeries(path, signal, cacheDir))),
    await loadFragments(variant.fragments),
  ];
  const steps = { patchTree, configure };
  const built = await buildKernel({
    tree,
    series,
    fragments,
    cacheDir,
    variantId: variant.id,
    signal,
    onEvent: emit,
    steps,
  });
  return built.kernel;
}

/** A source is prepared once, however many variants are made of it. */
function sourceOf(
  spec: TreeSpec,
  sources: Map<string, Promise<SourceTree>>,
  options: KernelOptions,
): Promise<SourceTree> {
  const name = formatSourceSpec(spec);
  const known = sources.get(name);
  if (known !== undefined) return known;
  const { cacheDir, offline, signal, emit } = options;
  const preparing = prepareSource(spec, { cacheDir, offline, signal, onEvent: emit });
  sources.set(name, preparing);
  return preparing;
}

/** Variants whose kernels came out the same: to compare them would mean nothing. */
function sameCode(kernels: Readonly<Record<string, Kernel>>): Trouble[] {
  const firstWith = new Map<string, string>();
  return Object.entries(kernels).flatMap(([variant, { codeSha256 }]) => {
    const twin = firstWith.get(codeSha256);
    if (twin === undefined) firstWith.set(codeSha256, variant);
    return twin === undefined ? [] : [sameCodeTrouble(variant, twin)];
  });
}

function sameCodeTrouble(variant: string, twin: string): Trouble {
  const same = `its kernel came out the same as that of ${twin}, instruction for instruction`;
  return { fault: 'build', variant, message: `${same}: comparing them means nothing` };
}
