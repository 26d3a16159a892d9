// SPDX-License-Identifier: GPL-2.0-only
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { gnuBuildId } from '../../host/elf-notes.ts';
import type { FarHost } from '../../host/ssh-client.ts';
import { UsageError } from '../../model/errors.ts';
import type { ProgressListener } from '../../model/events.ts';
import type { SessionResult } from '../../model/guest-end.ts';
import type { Kernel, KernelRecord } from '../../model/kernel.ts';
import type { Plan } from '../../model/plan.ts';
import { compilePrograms } from '../../rootfs/compile.ts';
import type { StepFiles } from '../stage.ts';
import { latencyCommand, programOf } from './command.ts';
import { workloadOf } from './derive.ts';
import { PROGRAM_LOG, SAMPLE_FILES } from './files.ts';
import { guestFiles } from './measure.ts';
import { parseLatencyLine, stalledEnd } from './messages.ts';
import type { Measure } from './run.ts';
import type { LatencySpec } from './spec.ts';
import type { LatencyWorkload } from './types.ts';

/** A machine that runs already, made ready to be measured; disposing of it puts back what was changed. */
export interface FarMachine extends AsyncDisposable {
  /** What `uname -r` says: the name under which its kernel is measured. */
  readonly release: string;
  readonly kernel: Kernel;
  readonly facts: Readonly<Record<string, string>>;
  readonly measure: Measure;
}

export interface FarOptions {
  /** A folder of the other machine on a disk that can hold a swap file. */
  readonly swapDir: string;
  readonly guestsDir: string;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

/** A plan of a latency probe on a machine that runs already: nothing is built for it, and nothing booted. */
export function planOnFar(plan: Plan, { release = '', machine }: Readonly<Record<string, string>>): Plan {
  const probes = plan.probes.map((probe) => ({ ...probe, guest: null, variants: [release], expect: {} }));
  return { ...plan, describe: `${release} on ${machine}`, variants: [], probes };
}

const CLOCKSOURCE = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
const RT_RUNTIME = '/proc/sys/kernel/sched_rt_runtime_us';

/** What is done to the other machine; said before anything is. */
export function touches(folder: string, swapMiB: number): string {
  return [
    `as root on that machine, and put back afterwards: a folder ${folder} with a program of ours and a swap file of ${swapMiB} MiB,`,
    'which is swapped on (before all other areas) and off, again and again; threads at SCHED_FIFO 99 on every CPU;',
    `${RT_RUNTIME} set to -1; every CPU held for milliseconds and the clock source changed there and back by the positive control`,
  ].join(' ');
}

/**
 * Makes a machine ready: its kernel is the one that it runs. There is no boot between measurements: a replicate is one
 * run of the program, so the figures hold for that boot of the machine.
 *
 * @throws UsageError `NOT_USABLE` when the machine cannot be measured.
 */
export async function openFar(host: FarHost, probe: LatencySpec, options: FarOptions): Promise<FarMachine> {
  const { swapDir, guestsDir, signal, emit } = options;
  const { instrument, pages } = probe.workload;
  if (instrument !== 'sampler') {
    throw new UsageError('NOT_USABLE', `${instrument} is not run on other machines`, {
      hint: 'use a plan with `instrument: sampler`',
    });
  }
  const folder = `${swapDir}/swaprace-latency-${randomBytes(4).toString('hex')}`;
  const swapMiB = Math.ceil(pages / 128);
  const facts = await factsOf(host, signal);
  const release = facts['release'] ?? 'kernel';
  emit({ kind: 'note', message: `${host.name}, ${touches(folder, swapMiB)}` });
  // Also after an interruption, whose signal must not stop it.
  const putBack = async (): Promise<void> => {
    await host.run(cleanUp(folder), { signal: new AbortController().signal });
  };
  try {
    await prepare(host, folder, swapMiB, await programBytes(probe.race.name, guestsDir, signal), signal);
  } catch (error) {
    await putBack();
    throw error;
  }
  return {
    ...{ release, facts },
    kernel: kernelOf(kernelRecord(release, facts['buildId'] ?? '', host.name)),
    measure: async (step, spec, stage) => ({
      ...(await measureOnce(host, folder, workloadOf(step, spec), stage.files, stage.signal)),
      ...{ accelerator: null, instructions: null, facts },
    }),
    [Symbol.asyncDispose]: putBack,
  };
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
        hint: `ssh -o BatchMode=yes ${host.name} id`,
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

/** Nothing of it was built here. */
function kernelOf(record: KernelRecord): Kernel {
  const { id, kernelVersion, buildId, codeSha256 } = record;
  const nothing = { bzImage: '', vmlinux: '', config: null, systemMap: null, buildLog: null };
  return { ...nothing, id, kernelVersion, buildId, codeSha256, record };
}

async function programBytes(race: string, guestsDir: string, signal: AbortSignal): Promise<Uint8Array> {
  const programs = await compilePrograms(guestsDir, signal);
  const program = programs.find(({ path }) => path === `bin/${programOf(race)}`);
  if (program?.kind === 'file') return program.data;
  throw new UsageError('NOT_USABLE', `The race ${race} has no program latency`, { hint: 'docs/races.md' });
}

async function prepare(
  host: FarHost,
  folder: string,
  swapMiB: number,
  program: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const command = [
    `mkdir -m 700 ${folder}`,
    `cat > ${folder}/latency`,
    `chmod 700 ${folder}/latency`,
    `dd if=/dev/zero of=${folder}/swap bs=1048576 count=${swapMiB}`,
    `chmod 600 ${folder}/swap`,
    `cat ${RT_RUNTIME} > ${folder}/runtime`,
    `cat ${CLOCKSOURCE} > ${folder}/clock`,
  ].join(' && ');
  const { code, stderr } = await host.run(command, { stdin: program, signal });
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
    './latency --undo swap 2>/dev/null',
    `cat runtime > ${RT_RUNTIME}`,
    `cat clock > ${CLOCKSOURCE}`,
    `cd / && rm -rf ${folder}`,
  ].join('; ');
}

async function measureOnce(
  host: FarHost,
  folder: string,
  workload: LatencyWorkload,
  to: StepFiles,
  signal: AbortSignal,
): Promise<SessionResult> {
  const files = guestFiles(`${folder}/swap`, folder);
  const program = latencyCommand(workload, files, `${folder}/latency`);
  const command = `rm -f ${files.samples}; sh -c 'echo $$ > ${folder}/pid; exec ${program}'; status=$?; rm -f ${folder}/pid; exit $status`;
  const { code, stdout, stderr } = await host.run(command, { signal });
  await writeFile(to.path(PROGRAM_LOG), stdout);
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
  await writeFile(to.path(SAMPLE_FILES.samples), samples.stdout);
  return { ...result, end: { kind: 'completed' } };
}
