// SPDX-License-Identifier: GPL-2.0-only
/**
 * Times our stress workload against stress-ng on the control kernel: both from the workload's start to the first splat,
 * each trial in a guest of its own, in random order. Prints medians and the ratio with its interval.
 *
 *   npm run bench:stress -- [--trials 30] [--limit-seconds 60] [--seed 1]
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { run, runOk } from '../harness/host/process.ts';
import { makePrivateDir } from '../harness/host/temp-dir.ts';
import { HostError } from '../harness/model/errors.ts';
import type { GuestSpec } from '../harness/model/guest.ts';
import type { Kernel } from '../harness/model/kernel.ts';
import { stepName, stepSeed } from '../harness/model/probe.ts';
import { stressOf } from '../harness/probe/stress/of-plan.ts';
import { bootGuest } from '../harness/lab/boot.ts';
import { buildKernels } from '../harness/lab/kernels.ts';
import { openLab, type Lab } from '../harness/lab/lab.ts';
import { seededRandom, shuffled } from '../harness/model/random.ts';
import { loadPlan, findPlan } from '../harness/plan/load.ts';
import { SplatWatch } from '../harness/lab/splat-watch.ts';
import { workspace } from '../harness/host/workspace.ts';
import { packCpio, type CpioEntry } from '../harness/rootfs/cpio.ts';
import { median } from '../harness/stats/order.ts';
import { stressCommand } from '../harness/workload/command.ts';

type Contender = 'swaprace' | 'stress-ng';

interface Timing {
  readonly contender: Contender;
  /** To the first line of the first splat; null when the limit came first. */
  readonly seconds: number | null;
}

/** The command line; its default swap areas are about 1 MB. */
const STRESS_NG = 'stress-ng --swap 2 --vm 2 --vm-bytes 64M';
/** Room for stress-ng's swap files. */
const STRESS_NG_DISK = { kind: 'file', filesystem: 'ext4', sizeKiB: 64 * 1024 } as const;
const RESAMPLES = 10_000;

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '30' },
    'limit-seconds': { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
});
const trials = Number(values.trials);
const limitMs = Number(values['limit-seconds']) * 1000;
const random = seededRandom(Number(values.seed));
const signal = new AbortController().signal;
const emit = (): void => undefined;

const place = workspace();
const plan = await loadPlan(await findPlan('default', place), place);
const probe = stressOf(plan, undefined);
const { kernels } = await buildKernels(
  plan.variants.filter(({ id }) => id === probe.control),
  { cacheDir: place.cacheDir, offline: false, signal, emit },
);
const kernel = kernels[probe.control] as Kernel;
const plainLab = await openLab(kernel, {
  workspace: place,
  offline: false,
  accelerator: plan.accelerator,
  signal,
  emit,
});
await using scratch = await makePrivateDir();
const lab = await withStressNg(plainLab, scratch.path);

const timings: Timing[] = [];
const order = Array.from({ length: trials }, (): Contender[] => ['swaprace', 'stress-ng']).flat();
for (const contender of shuffled(order, random)) {
  const timing: Timing = { contender, seconds: await timeToSplat(contender, timings.length) };
  timings.push(timing);
  const seconds = timing.seconds?.toFixed(1) ?? `none in ${limitMs / 1000}`;
  process.stdout.write(`${String(timings.length).padStart(3)} ${contender.padEnd(9)} ${seconds} s\n`);
}
report();

async function timeToSplat(contender: Contender, index: number): Promise<number | null> {
  const { vcpus, memoryMiB, cmdline } = probe;
  const backend = contender === 'swaprace' ? probe.backend : STRESS_NG_DISK;
  const spec: GuestSpec = { vcpus, memoryMiB, cmdline, backend };
  await using guest = await bootGuest({ kernel, guest: spec, accelerator: lab.decision.accelerator }, lab, signal);
  const watch = new SplatWatch(guest);
  const seconds = Math.ceil(limitMs / 1000) + 5;
  const seed = stepSeed(plan.seed ?? 1, stepName({ probe: probe.id, variant: probe.control, index }));
  const trial = { ...probe, race: probe.race.name, seed, seconds };
  if (contender === 'stress-ng') await guest.remote.exec('mount -t ext4 /dev/vda /mnt', { signal });
  const command = contender === 'swaprace' ? stressCommand(trial) : `cd /mnt && ${STRESS_NG} --timeout ${seconds}`;
  const startedAt = performance.now();
  const process = await guest.remote.spawn(command, { signal });
  process.stdout.resume();
  process.stderr.resume();
  while (watch.startedAt === null && performance.now() - startedAt < limitMs) await sleep(20);
  return watch.startedAt === null ? null : (watch.startedAt - startedAt) / 1000;
}

/** The run's initramfs with stress-ng and the libraries that this host's loader resolves. */
async function withStressNg(base: Lab, dir: string): Promise<Lab> {
  const binary = '/usr/bin/stress-ng';
  const libraries = await run('ldd', [binary]);
  if (libraries.exitCode !== 0) {
    throw new HostError('NO_STRESS_NG', 'stress-ng is not installed: there is nothing to compare with', {
      hint: 'apt-get install --no-install-recommends stress-ng',
    });
  }
  const paths = [binary, ...[...libraries.stdout.matchAll(/=> (\/\S+)/g)].map((match) => match[1] as string)];
  const entries = await Promise.all(
    paths.map(async (path): Promise<CpioEntry> => ({
      kind: 'file',
      path: path.slice(1),
      mode: 0o755,
      data: await readFile(path),
    })),
  );
  const link: CpioEntry = { kind: 'link', path: 'bin/stress-ng', target: '../usr/bin/stress-ng' };
  const image = join(dir, 'rootfs.cpio');
  await writeFile(image, Buffer.concat([await readFile(base.rootfs.image), packCpio([...entries, link])]));
  const version = (await runOk(binary, ['--version'])).stdout.trim();
  process.stdout.write(
    `${version}; ${kernel.kernelVersion} ${probe.control}, ${probe.vcpus} vCPUs, ${base.decision.accelerator}\n`,
  );
  return { ...base, rootfs: { ...base.rootfs, image } };
}

function report(): void {
  const ours = secondsOf('swaprace');
  const theirs = secondsOf('stress-ng');
  process.stdout.write(`\nseconds to the first splat, trials that reached the limit counted as longer than it\n`);
  process.stdout.write(
    `swaprace   median ${show(median(ours))}, of ${ours.length} trials, ${missed(ours)} without a splat\n`,
  );
  process.stdout.write(
    `stress-ng  median ${show(median(theirs))}, of ${theirs.length} trials, ${missed(theirs)} without a splat\n`,
  );
  const ratios = Array.from({ length: RESAMPLES }, () => median(resample(ours)) / median(resample(theirs))).sort(
    (a, b) => a - b,
  );
  const [low, high] = [
    ratios[Math.floor(RESAMPLES * 0.025)] as number,
    ratios[Math.ceil(RESAMPLES * 0.975) - 1] as number,
  ];
  const ratio = median(ours) / median(theirs);
  process.stdout.write(`ratio ${ratio.toFixed(2)}, 95 % bootstrap interval ${low.toFixed(2)} to ${high.toFixed(2)}\n`);
}

function secondsOf(contender: Contender): number[] {
  return timings.filter((timing) => timing.contender === contender).map(({ seconds }) => seconds ?? Infinity);
}

function missed(seconds: readonly number[]): number {
  return seconds.filter((value) => value === Infinity).length;
}

function resample(values: readonly number[]): number[] {
  return values.map(() => values[Math.floor(random() * values.length)] as number);
}

function show(seconds: number): string {
  return seconds === Infinity ? `over ${limitMs / 1000}` : seconds.toFixed(2);
}
