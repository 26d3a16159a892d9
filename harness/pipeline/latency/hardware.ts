// SPDX-License-Identifier: GPL-2.0-only
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FarHost } from '../../host/ssh-client.ts';
import { latencyCommand } from '../../probe/latency/command.ts';
import { armsOf } from '../../probe/latency/design.ts';
import { parseLatencyLine, stalledEnd } from '../../probe/latency/messages.ts';
import { gnuBuildId } from '../../host/elf-notes.ts';
import { UsageError } from '../../model/errors.ts';
import type { ProgressListener } from '../../model/events.ts';
import type { SessionResult } from '../../model/guest-end.ts';
import type { KernelRecord } from '../../model/kernel.ts';
import type { LatencyPlan, LatencyWorkload } from '../../model/latency.ts';
import { compilePrograms } from '../../rootfs/compile.ts';
import { LatencyStore } from '../../store/latency-store.ts';
import type { Workspace } from '../workspace.ts';
import { LatencyBlocks, type FinishedLatencyRun } from './blocks.ts';
import { SAMPLE_FILES, type LatencyLogs } from './boot.ts';

export interface HardwareOptions {
  readonly plan: LatencyPlan;
  readonly host: FarHost;
  /** A folder of the other machine on a disk that can hold a swap file. */
  readonly swapDir: string;
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

const CLOCKSOURCE = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
const RT_RUNTIME = '/proc/sys/kernel/sched_rt_runtime_us';

/** What is done to the other machine; told before anything is. */
export function touches(folder: string, swapMiB: number): string {
  return [
    `as root on that machine, and put back afterwards: a folder ${folder} with a program of ours and a swap file of ${swapMiB} MiB,`,
    'which is swapped on (before all other areas) and off, again and again; threads at SCHED_FIFO 99 on every CPU;',
    `${RT_RUNTIME} set to -1; every CPU held for milliseconds and the clock source changed there and back by the positive control`,
  ].join(' ');
}

/**
 * Measures the kernel that another machine runs. There is no boot between measurements: a replicate is one run of the
 * program, so the figures hold for that boot of the machine.
 *
 * @throws UsageError `NOT_USABLE` when the machine cannot be measured; HostError when results cannot be written.
 */
export async function measureHardware({
  plan,
  host,
  swapDir,
  workspace,
  signal,
  emit,
}: HardwareOptions): Promise<FinishedLatencyRun> {
  if (plan.workload.instrument !== 'sampler') {
    throw new UsageError('NOT_USABLE', `${plan.workload.instrument} is not run on other machines`, {
      hint: 'use a plan with `instrument: sampler`',
    });
  }
  const folder = `${swapDir}/swaprace-latency-${randomBytes(4).toString('hex')}`;
  const swapMiB = Math.ceil(plan.workload.pages / 128);
  const facts = await factsOf(host, signal);
  const release = facts['release'] ?? 'kernel';
  emit({ kind: 'note', message: `${host.name}, ${touches(folder, swapMiB)}` });
  const kernel = kernelRecord(release, facts['buildId'] ?? '', host.name);
  const far = { ...plan, guest: null, variants: [], arms: armsOf([release]), describe: `${release} on ${host.name}` };
  const store = await LatencyStore.create(workspace.resultsDir, {
    plan: far,
    versions: { node: process.versions.node },
    kernels: { [release]: kernel },
    accelerator: null,
    host: facts,
  });
  emit({ kind: 'phase', name: 'run', detail: store.dir });
  try {
    await prepare(host, folder, swapMiB, workspace, signal);
    const measure = (_: unknown, workload: LatencyWorkload, logs: LatencyLogs) =>
      measureOnce(host, folder, workload, logs, signal);
    return await new LatencyBlocks(store, { accelerator: 'none', count: null, measure, signal, emit }).run();
  } finally {
    // Also after an interruption, whose signal must not stop it.
    await host.run(cleanUp(folder), { signal: new AbortController().signal });
  }
}

async function factsOf(host: FarHost, signal: AbortSignal): Promise<Record<string, string>> {
  const [about, notes] = [
    await host.run(
      `id -u; uname -r; nproc; cat ${CLOCKSOURCE}; grep -m1 'model name' /proc/cpuinfo; cat /sys/devices/system/cpu/isolated /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor 2>/dev/null`,
      { signal },
    ),
    await host.run('cat /sys/kernel/notes', { signal }),
  ];
  const [uid, release, cores, clocksource, cpu, isolated, governor] = about.stdout.toString().split('\n');
  if (uid !== '0') {
    throw new UsageError(
      'NOT_USABLE',
      `Cannot measure ${host.name}: ${uid === undefined || uid === '' ? about.stderr.trim() || 'no answer' : 'the login is not root'}`,
      {
        hint: `try: ssh -o BatchMode=yes ${host.name} id`,
      },
    );
  }
  return {
    machine: host.name,
    release: release ?? '',
    cores: cores ?? '',
    clocksource: clocksource ?? '',
    cpu: cpu?.replace(/^.*: /, '') ?? 'unknown',
    isolatedCpus: isolated || 'none',
    governor: governor || 'none to be seen',
    buildId: gnuBuildId(notes.stdout) ?? '',
  };
}

function kernelRecord(release: string, buildId: string, machine: string): KernelRecord {
  return {
    id: buildId.slice(0, 16),
    kernelVersion: release,
    source: { machine },
    series: [],
    configSha256: null,
    compiler: null,
    binutils: null,
    buildId,
    codeSha256: '',
    artifacts: {},
    commands: [],
    buildSeconds: 0,
    objects: 0,
  };
}

async function prepare(
  host: FarHost,
  folder: string,
  swapMiB: number,
  { guestsDir }: Workspace,
  signal: AbortSignal,
): Promise<void> {
  const programs = await compilePrograms(guestsDir, signal);
  const program = programs.find(({ path }) => path === 'bin/latency');
  if (program?.kind !== 'file') throw new Error('guests/src has no program latency');
  const command = [
    `mkdir -m 700 ${folder}`,
    `cat > ${folder}/latency`,
    `chmod 700 ${folder}/latency`,
    `dd if=/dev/zero of=${folder}/swap bs=1048576 count=${swapMiB}`,
    `chmod 600 ${folder}/swap`,
    `cat ${RT_RUNTIME} > ${folder}/runtime`,
    `cat ${CLOCKSOURCE} > ${folder}/clock`,
  ].join(' && ');
  const { code, stderr } = await host.run(command, { stdin: program.data, signal });
  if (code !== 0)
    throw new UsageError('NOT_USABLE', `Cannot prepare ${folder} on ${host.name}: ${stderr.trim()}`, {
      hint: 'name another folder with --swap-dir',
    });
}

/**
 * Ends what still runs, puts back what was saved, and removes the folder; the swap file goes only when nothing swaps to
 * it.
 */
function cleanUp(folder: string): string {
  return [
    `cd ${folder} || exit 0`,
    // Killed, it swaps its pages in again; the shell around it ends by itself.
    'if [ -f pid ]; then kill -KILL $(cat pid); while [ -d /proc/$(cat pid) ]; do sleep 1; done; fi 2>/dev/null',
    'swapoff swap 2>/dev/null',
    `cat runtime > ${RT_RUNTIME}`,
    `cat clock > ${CLOCKSOURCE}`,
    `cd / && rm -rf ${folder}`,
  ].join('; ');
}

async function measureOnce(
  host: FarHost,
  folder: string,
  workload: LatencyWorkload,
  logs: LatencyLogs,
  signal: AbortSignal,
): Promise<SessionResult> {
  const inFolder = (file: string): string => `${folder}/${file}`;
  const files = {
    swap: inFolder('swap'),
    samples: inFolder(SAMPLE_FILES.samples),
    cyclictest: inFolder(SAMPLE_FILES.cyclictest),
    timerlat: inFolder(SAMPLE_FILES.timerlat),
  };
  const program = latencyCommand(workload, files, `${folder}/latency`);
  const command = `rm -f ${files.samples}; sh -c 'echo $$ > ${folder}/pid; exec ${program}'; status=$?; rm -f ${folder}/pid; exit $status`;
  const { code, stdout, stderr } = await host.run(command, { signal });
  await writeFile(logs.programLog, stdout);
  const notes = await host.run('cat /sys/kernel/notes', { signal });
  const guestBuildId = gnuBuildId(notes.stdout);
  const last = stdout
    .toString()
    .trim()
    .split('\n')
    .map(parseLatencyLine)
    .findLast((message) => message !== null);
  const result = { guestBuildId, argv: ['ssh', host.name, command], bootMs: null };
  if (last?.t === 'stalled') return { ...result, end: stalledEnd(last) };
  if (code !== 0 || last?.t !== 'end') {
    const said = last?.t === 'fail' ? last.message : stderr.trim() || `exit status ${code}`;
    return { ...result, end: { kind: 'program-failed', message: said } };
  }
  const samples = await host.run(`cat ${files.samples}`, { signal });
  await writeFile(join(logs.dir, SAMPLE_FILES.samples), samples.stdout);
  return { ...result, end: { kind: 'completed' } };
}
