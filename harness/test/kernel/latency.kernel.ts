// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import type { ProgressEvent } from '../../model/events.ts';
import type { GuestSpec } from '../../model/guest.ts';
import { farHost } from '../../host/ssh-client.ts';
import { plainSshCommand } from '../../lab/interactive.ts';
import { bootGuest } from '../../lab/boot.ts';
import type { LabGuest } from '../../lab/guest.ts';
import { openFar } from '../../probe/latency/far.ts';
import { latencyBy } from '../../probe/latency/latency.ts';
import { measureBoot } from '../../probe/latency/measure.ts';
import type { LatencySpec } from '../../probe/latency/spec.ts';
import type { LatencyMode, LatencySamples, LatencyWorkload } from '../../probe/latency/types.ts';
import { PROBES } from '../../probe/table.ts';
import { readRace } from '../../race/read.ts';
import { runPlan } from '../../run/run.ts';
import { parseCyclictest, type CyclictestThread } from '../../probe/latency/boot/cyclictest.ts';
import { giveTo } from '../../machine/dedicated.ts';
import { usableSamples } from '../../probe/latency/boot/validate.ts';
import { workspace } from '../../host/workspace.ts';
import { alongside, booted, kernelOf, labFor, never, qemuOf, shippedPlan, type Alongside } from './lab.ts';

const place = workspace();
const plan = await shippedPlan('latency-own-cores');
const probe = plan.probes[0] as LatencySpec;
const { workload: shipped } = probe;
const guest = probe.guest as NonNullable<LatencySpec['guest']>;
const race = readRace(place.guestsDir, probe.race.name);
const kernel = await kernelOf(await shippedPlan('default'), 'v5b+sites+ra');
const lab = await labFor(kernel);

const filesIn = (dir: string) => ({ path: (name: string) => join(dir, name) });

/** A short boot on the shipped machine. */
async function measured(dir: string, change: Partial<LatencyWorkload>) {
  const workload: LatencyWorkload = { ...shipped, cycles: 20, mode: 'contend', seed: 3, ...change };
  const boot = { kernel, guest, race, workload, files: filesIn(dir) };
  const result = await measureBoot(boot, { lab, signal: never });
  const samples = await readFile(join(dir, 'samples.bin')).catch(() => null);
  return {
    ...result,
    usable: usableSamples({
      ...result,
      buildId: kernel.buildId,
      complaints: [],
      workload,
      samples,
      trace: null,
      swappedOut: null,
    }),
  };
}

for (const mode of ['contend', 'quiet', 'stop'] satisfies LatencyMode[]) {
  t.test(`the workload ${mode} leaves samples that can be trusted`, async (t) => {
    await booted(t.name);
    const { end, usable } = await measured(t.testdir(), { mode });
    t.same(end, { kind: 'completed' });
    if ('kind' in usable) return void t.fail(`${usable.cause}: ${usable.reason}`);
    t.equal(usable.cpus, 2);
    t.equal(usable.windows.length, 20);
    t.same(
      usable.windows.every(({ startNs, endNs }) => (mode === 'quiet' ? endNs === startNs : endNs > startNs)),
      true,
    );
    t.ok(
      usable.passes.length > 0 && usable.passes.every(({ durationNs }) => durationNs > 0),
      'passes without swapoff were timed',
    );
    const offsets = new Set(usable.windows.map(({ startNs }) => startNs % 1_000_000));
    t.ok(offsets.size > 15, 'swapoffs keep no step with the grid of wake-ups');
  });
}

t.test('cyclictest measures in the sampler’s place', async (t) => {
  await booted(t.name);
  const dir = t.testdir();
  const { end, usable } = await measured(dir, { instrument: 'cyclictest' });
  t.same(end, { kind: 'completed' });
  t.equal((usable as LatencySamples).windows.length, 20);
  t.same((usable as LatencySamples).wakeUps, []);
  const threads = parseCyclictest(await readFile(join(dir, 'cyclictest.json'), 'utf8'));
  t.same(
    (threads as readonly CyclictestThread[]).map(({ cpu }) => cpu),
    [0, 1],
  );
});

t.test('a kernel without timerlat says what it needs', async (t) => {
  await booted(t.name);
  const { end } = await measured(t.testdir(), { instrument: 'timerlat' });
  t.match(end, { kind: 'program-failed', message: /timerlat needs CONFIG_TIMERLAT_TRACER/ });
});

async function sshConfigOf(machine: LabGuest): Promise<string> {
  return /-F (\S+)/.exec(await plainSshCommand(machine, lab.identity, machine.privateDir))?.[1] as string;
}

t.test('a machine that answers nothing any more is taken for gone', async (t) => {
  await booted(t.name);
  await using machine = await bootGuest({ kernel, guest, accelerator: 'tcg' }, lab, never);
  const host = farHost('guest', { configFile: await sshConfigOf(machine), silentSeconds: 4 });
  await using running = alongside((signal) => host.run('touch /tmp/begun; sleep 1000', { signal }));
  await running.until(async () =>
    (await machine.remote.exec('ls /tmp/begun', { signal: never })).code === 0 ? true : null,
  );
  process.kill(machine.pid, 'SIGSTOP');
  t.match(await running.result, { code: 255, stderr: /not responding/ });
});

t.test('a machine that runs already is measured by ssh, and left as it was', async (t) => {
  await booted(t.name);
  const spec: GuestSpec = { ...guest, backend: { kind: 'file', filesystem: 'ext4', sizeKiB: 1024 } };
  await using machine = await bootGuest({ kernel, guest: spec, accelerator: 'tcg' }, lab, never);
  const { remote } = machine;
  await remote.exec('mount /dev/vda /mnt', { signal: never });
  const clock = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
  // A second into its boot the kernel changes it by itself.
  while ((await remote.exec(`cat ${clock}`, { signal: never })).stdout.trim() === 'tsc-early');
  const state = async (): Promise<string> =>
    (await remote.exec(`ls /mnt; cat /proc/swaps /proc/sys/kernel/sched_rt_runtime_us ${clock}`, { signal: never }))
      .stdout;
  const before = await state();
  const configFile = await sshConfigOf(machine);
  const notes: string[] = [];
  /** One block of a run of that machine. */
  const measure = async (cycles: number, signal: AbortSignal) => {
    const short: LatencySpec = {
      ...probe,
      workload: { ...probe.workload, cycles },
      budget: { minBoots: 1, maxBoots: 1, seconds: 600, precision: 1 },
    };
    const emit = (event: ProgressEvent) => void (event.kind === 'note' && notes.push(event.message));
    const options = { swapDir: '/mnt', guestsDir: place.guestsDir, signal, emit };
    await using far = await openFar(farHost('guest', { configFile }), short, options);
    const { release } = far;
    const there = { ...short, guest: null, variants: [release], expect: {} };
    const { shown } = await runPlan({ ...plan, variants: [], probes: [there] }, 'latency-own-cores.yaml', {
      ...{ workspace: { ...place, resultsDir: t.testdir() }, offline: false, signal, emit },
      kinds: { ...PROBES, latency: latencyBy(far.measure) },
      effects: {
        build: async () => ({ kernels: { [release]: far.kernel }, troubles: [] }),
        openLab: null,
        symbolsOf: () => ({ splats: async (splats) => splats, places: async () => new Map() }),
      },
      host: far.facts,
    });
    return shown;
  };
  const first = await measure(20, never);
  t.same(
    first.probes[0]?.steps.map(({ brief }) => brief.outcome),
    ['ok', 'ok', 'ok', 'ok'],
    'four arms of one kernel',
  );
  t.equal(Object.values(first.header.kernels)[0]?.buildId, kernel.buildId);
  t.match(notes[0], /as root on that machine, and put back afterwards/, 'said before anything is done');
  t.equal(await state(), before);

  /** Has the machine run `command` in an arm in whose command there is `word`: $pid is its program. */
  const inArm = async (measuring: Alongside<unknown>, word: string, command: string): Promise<void> => {
    const script = `pid=$(cat /mnt/swaprace-latency-*/pid) && grep -q swap /proc/swaps && grep -q ${word} /proc/$pid/cmdline && { ${command}; }`;
    await measuring.until(async () => ((await remote.exec(script, { signal: never })).code === 0 ? true : null));
  };
  await using disturbed = alongside((signal) => measure(20, signal));
  // Only until that run has ended: the others would take minutes with such a clock.
  await inArm(
    disturbed,
    'contend',
    `echo acpi_pm > ${clock}; while [ -d /proc/$pid ]; do sleep 0.1; done; echo tsc > ${clock}`,
  );
  t.match(
    (await disturbed.result).probes[0]?.steps.flatMap(({ brief }) => (brief.outcome === 'ok' ? [] : [brief.words])),
    [/program-failed, the clock source changed from tsc to acpi_pm/],
    'a clock that changed gives no figure',
  );
  t.equal(await state(), before, 'the clock is put back');

  await using interrupted = alongside((signal) => measure(100_000, signal));
  await inArm(interrupted, 'latency', ':');
  t.not(await state(), before, 'it is under way');
  interrupted.abort();
  t.equal((await interrupted.result).verdict.status, 130);
  t.equal(await state(), before, 'an interruption leaves nothing, either');
});

t.test('a guest that is measured gets cores, locked memory and prompt timers', async (t) => {
  await booted(t.name);
  await using machine = await bootGuest(
    { kernel, guest: { ...guest, lockMemory: true }, accelerator: 'tcg' },
    lab,
    never,
  );
  const threads = await machine.vcpuThreads();
  const facts = { vcpuCores: '', guestMemory: '', guestTimers: '' };
  await giveTo(machine, { cores: [1, 0], lockMemory: true, promptTimers: true, facts }, never);
  const field = async (file: string, name: string) =>
    new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(await readFile(file, 'utf8'))?.[1];
  const cores = await Promise.all(
    threads.map((thread) => field(`/proc/${machine.pid}/task/${thread}/status`, 'Cpus_allowed_list')),
  );
  t.same(cores, ['1', '0']);
  t.ok(
    Number(await field(`/proc/${machine.pid}/status`, 'VmLck')) > guest.memoryMiB * 1024,
    'all of the guest is locked',
  );
  t.match((await execa('chrt', ['--pid', String(machine.pid)])).stdout, /SCHED_FIFO.*priority: 10/s);
  t.notMatch((await execa('chrt', ['--pid', String(threads[0])])).stdout, /SCHED_FIFO/, 'a vCPU is ordinary');
  await t.rejects(giveTo(machine, { cores: [4096], lockMemory: false, promptTimers: false, facts }, never), {
    code: 'DEDICATE_FAILED',
  });
});

t.test('a boot whose guest could not be given its cores is the host’s fault, not a figure', async (t) => {
  await booted(t.name);
  const dir = t.testdir();
  const workload: LatencyWorkload = { ...shipped, cycles: 1, mode: 'contend', seed: 3 };
  const facts = { vcpuCores: '', guestMemory: '', guestTimers: '' };
  const dedicated = { cores: [4096, 4097], lockMemory: false, promptTimers: false, facts };
  const boot = { kernel, guest, race, workload, files: filesIn(dir) };
  const { end } = await measureBoot(boot, { lab, signal: never, dedicated });
  t.match(end, { kind: 'host-fault', message: /Cannot pin vCPU 0 to core 4096/ });
});

t.test('a guest that dies half-way gives no figure', async (t) => {
  await booted(t.name);
  const mark = 'swaprace.mark=latency';
  const dir = t.testdir();
  const workload: LatencyWorkload = { ...shipped, cycles: 100_000, mode: 'contend', seed: 3 };
  const boot = { kernel, guest: { ...guest, cmdline: [mark] }, race, workload, files: filesIn(dir) };
  await using running = alongside((signal) => measureBoot(boot, { lab, signal }));
  await running.until(async () =>
    (await readFile(join(dir, 'program.jsonl'), 'utf8').catch(() => '')).includes('"start"') ? true : null,
  );
  process.kill((await qemuOf(mark)) as number, 'SIGKILL');
  const { end, guestBuildId } = await running.result;
  t.match(end, { kind: 'host-fault', message: /QEMU was killed by SIGKILL/ });
  t.match(
    usableSamples({
      end,
      guestBuildId,
      buildId: kernel.buildId,
      complaints: [],
      workload,
      samples: null,
      trace: null,
      swappedOut: null,
    }),
    { kind: 'inconclusive', cause: 'host-fault' },
  );
});
