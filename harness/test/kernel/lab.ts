// SPDX-License-Identifier: GPL-2.0-only
/** What tests with real kernels share: kernels of the shipped plans, guests, and a look at what is left over. */
import { appendFile, cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { parseSchedule, type Schedule } from '../../interleave/schedule.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { Plan } from '../../model/plan.ts';
import { buildKernels } from '../../lab/kernels.ts';
import { openLab, type Lab } from '../../lab/lab.ts';
import { loadPlan } from '../../plan/load.ts';
import { workspace } from '../../host/workspace.ts';
import { derivePlaced } from '../../probe/place/derive.ts';
import { mapOf, type RaceMap } from '../../probe/place/map.ts';
import { stepsOf } from '../../probe/place/next.ts';
import { runPlaced } from '../../probe/place/run.ts';
import type { PlaceArgs, PlaceSpec } from '../../probe/place/spec.ts';
import { rawFiles } from '../../results/raw-files.ts';
import { kernelSymbols } from '../../run/symbols.ts';
import { makePlaceSpec } from '../probe/place/fixtures/make.ts';
import { deriveStress } from '../../probe/stress/derive.ts';
import { runStress } from '../../probe/stress/run.ts';
import type { StressSpec } from '../../probe/stress/spec.ts';
import type { Evidence } from '../../probe/stress/trial.ts';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const silent = (): void => undefined;
export const never = new AbortController().signal;

const LOOK_EVERY_MS = 20;

/** Notes that a test booted a kernel; the runner prints how many did. */
export async function booted(name: string): Promise<void> {
  const log = process.env['SWAPRACE_BOOT_LOG'];
  if (log !== undefined) await appendFile(log, `${name}\n`);
}

export async function shippedPlan(name: string): Promise<Plan> {
  const place = workspace();
  return loadPlan(join(place.plansDir, `${name}.yaml`), place);
}

export async function shippedSchedule(name: string): Promise<Schedule> {
  return parseSchedule(await readFile(join(root, 'kernel-configs/schedules', `${name}.yaml`), 'utf8'), name);
}

/** A kernel of a plan, built when the cache has none. */
export async function kernelOf(plan: Plan, variant: string): Promise<Kernel> {
  const spec = plan.variants.filter(({ id }) => id === variant);
  const { kernels, troubles } = await buildKernels(spec, {
    cacheDir: workspace().cacheDir,
    offline: false,
    signal: never,
    emit: silent,
  });
  const kernel = kernels[variant];
  if (kernel === undefined) throw new Error(troubles[0]?.message ?? `no kernel for ${variant}`);
  return kernel;
}

/** A lab under TCG: what these tests look at is the harness, not the accelerator. */
export function labFor(kernel: Kernel, guestsDir?: string): Promise<Lab> {
  const place = workspace();
  return openLab(kernel, {
    workspace: guestsDir === undefined ? place : { ...place, guestsDir },
    offline: false,
    accelerator: 'tcg',
    signal: never,
    emit: silent,
  });
}

/** A lab whose image is made from a copy of guests/ in `dir` that `change` has been at. */
export async function labOfChanged(
  kernel: Kernel,
  dir: string,
  change: (guests: string) => Promise<void>,
): Promise<Lab> {
  const guests = join(dir, 'guests');
  await cp(join(root, 'guests'), guests, { recursive: true });
  await change(guests);
  return labFor(kernel, guests);
}

/** @throws Error when the file has no such text. */
export async function replaceIn(file: string, from: string, to: string): Promise<void> {
  const whole = await readFile(file, 'utf8');
  if (!whole.includes(from)) throw new Error(`${file} has no ${from}`);
  await writeFile(file, whole.replace(from, to));
}

/** What goes on during a test's own steps. It ends with its scope, however the test leaves that. */
export interface Alongside<T> extends AsyncDisposable {
  readonly result: Promise<T>;
  abort(): void;
  /**
   * Resolves with what `look` finds, which is asked again and again. @throws what the work failed with; Error once it
   * has ended.
   */
  until<F>(look: () => Promise<F | null>): Promise<F>;
}

export function alongside<T>(work: (signal: AbortSignal) => Promise<T>): Alongside<T> {
  const over = new AbortController();
  const result = work(over.signal);
  let ended = false;
  const settled = result
    .then(
      (value) => value,
      () => null,
    )
    .finally(() => (ended = true));
  return {
    result,
    abort: () => over.abort(),
    until: async (look) => {
      for (;;) {
        const found = await look();
        if (found !== null) return found;
        if (ended) throw new Error(`it ended before what was awaited: ${JSON.stringify(await result)}`);
        await sleep(LOOK_EVERY_MS);
      }
    },
    [Symbol.asyncDispose]: async () => {
      over.abort();
      const value = (await settled) as Partial<AsyncDisposable> | null | undefined;
      await value?.[Symbol.asyncDispose]?.();
    },
  };
}

/** The QEMU whose command line has `marker`; null while there is none. */
export async function qemuOf(marker: string): Promise<number | null> {
  return (await qemusOf(marker))[0] ?? null;
}

/** Ids of the QEMU processes whose command lines have `marker`. */
export async function qemusOf(marker: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const cmdline = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (cmdline.includes('qemu-system') && cmdline.includes(marker)) found.push(Number(name));
  }
  return found;
}

/** Starts the command line as a person would. */
export function swaprace(args: readonly string[], options: { readonly env?: Record<string, string> } = {}) {
  return execa(join(root, 'scripts/swaprace'), args, { reject: false, all: true, env: options.env ?? {} });
}

/** A kernel's map, made in a folder that goes with the test; the fault's path by default. */
export async function exploreOnce(
  kernel: Kernel,
  variant: string,
  dir: string,
  change: Partial<PlaceSpec>,
): Promise<RaceMap> {
  await mkdir(dir, { recursive: true });
  const probe = makePlaceSpec({ variants: [variant], atOnce: null, ...change });
  const [args] = stepsOf(probe);
  const { id, buildId } = kernel;
  const step = { plan: '', probe: probe.id, variant, kernel: id, buildId, index: 0, seed: 1, args: args as PlaceArgs };
  const lab = await labFor(kernel);
  const files = { path: (name: string): string => join(dir, name) };
  const end = await runPlaced(step, probe, { kernel, lab, files, signal: never, emit: silent, progress: silent });
  const finding = await derivePlaced(rawFiles(dir, kernelSymbols(kernel.vmlinux, never)));
  const map = mapOf(probe, variant, [finding]);
  if (map === null) throw new Error(JSON.stringify(end));
  return map;
}

/** One trial of a stress probe in a folder of its own, and what it left; not symbolised. */
export async function trialIn(
  dir: string,
  probe: StressSpec,
  seconds: number,
  kernel: Kernel,
  lab: Lab,
  signal: AbortSignal,
): Promise<Evidence> {
  const step = {
    ...{ plan: '', probe: probe.id, variant: probe.control, kernel: kernel.id, buildId: kernel.buildId, index: 0 },
    ...{ seed: 1, args: { seconds, part: 'first' as const } },
  };
  const files = { path: (name: string) => join(dir, name) };
  const end = await runStress(step, probe, { kernel, lab, files, signal, emit: silent, progress: silent });
  const places = async () => new Map();
  const finding = await deriveStress(end, rawFiles(dir, { splats: async (splats) => splats, places }));
  return { ...finding, step, guestBuildId: end.guestBuildId };
}
