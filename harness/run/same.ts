// SPDX-License-Identifier: GPL-2.0-only
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, exists } from '../host/files.ts';
import { SwapraceError } from '../model/errors.ts';
import type { RunHeader } from '../model/run.ts';
import type { KindTable } from '../results/kinds.ts';
import { RUN_FILES } from '../results/layout.ts';
import { readHeader, readSteps } from '../results/reader.ts';

/** A run of the same plan on the same kernels. */
export interface SameRun {
  readonly dir: string;
  /** `whole`: every step came to its end by itself; `stopped`: it can be resumed; `ended`: neither. */
  readonly state: 'whole' | 'stopped' | 'ended';
}

/** Folders below one of results that hold runs of the table's kinds, newest first, with what their run.json says. */
export async function runsBelow(
  resultsDir: string,
  kinds: KindTable,
): Promise<{ readonly dir: string; readonly header: RunHeader | SwapraceError }[]> {
  const entries = await readdir(resultsDir, { withFileTypes: true }).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const runs: { dir: string; header: RunHeader | SwapraceError }[] = [];
  for (const name of names.sort().reverse()) {
    const dir = join(resultsDir, name);
    if (!(await exists(join(dir, RUN_FILES.run)))) continue;
    const header = await readHeader(dir, kinds).catch((error: unknown) => {
      if (error instanceof SwapraceError) return error;
      throw error;
    });
    runs.push({ dir, header });
  }
  return runs;
}

/** The newest run of a plan's text whose kernels are these, by variant; null where there is none. */
export async function sameRun(
  resultsDir: string,
  text: string,
  kernels: Readonly<Record<string, { readonly id: string }>>,
  kinds: KindTable,
): Promise<SameRun | null> {
  for (const { dir, header } of await runsBelow(resultsDir, kinds)) {
    if (header instanceof SwapraceError || header.plan.text !== text || !sameKernels(header, kernels)) continue;
    return { dir, state: await stateOf(dir, header, kinds) };
  }
  return null;
}

function sameKernels({ kernels }: RunHeader, wanted: Readonly<Record<string, { readonly id: string }>>): boolean {
  const ids = Object.entries(wanted);
  return ids.length === Object.keys(kernels).length && ids.every(([variant, { id }]) => kernels[variant]?.id === id);
}

export async function stateOf(dir: string, header: RunHeader, kinds: KindTable): Promise<SameRun['state']> {
  const stopped = header.troubles.some(({ fault }) => fault === 'interrupted' || fault === 'host');
  if (stopped || !(await exists(join(dir, RUN_FILES.sums)))) return 'stopped';
  const steps = await readSteps(dir, header, kinds);
  return steps.every(({ end }) => end.kind === 'completed') && header.troubles.length === 0 ? 'whole' : 'ended';
}
