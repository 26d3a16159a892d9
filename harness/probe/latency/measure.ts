// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { exists, withHostErrors } from '../../host/files.ts';
import { makePrivateDir } from '../../host/temp-dir.ts';
import { answered } from '../../lab/answered.ts';
import { printBacktraces } from '../../lab/backtraces.ts';
import type { LabGuest } from '../../lab/guest.ts';
import type { Lab } from '../../lab/lab.ts';
import { runSession } from '../../lab/session.ts';
import { giveTo, type Dedicated } from '../../machine/dedicated.ts';
import type { GuestEnd, SessionResult } from '../../model/guest-end.ts';
import type { Kernel } from '../../model/kernel.ts';
import { setupFor, type NamedSetup } from '../../race/operations.ts';
import type { RaceFolder } from '../../race/read.ts';
import type { StepFiles } from '../stage.ts';
import { packTrace } from './boot/trace-file.ts';
import { latencyCommand, programOf, type GuestFiles } from './command.ts';
import { CONSOLE, PROGRAM_LOG, SAMPLE_FILES, TRACE } from './files.ts';
import { parseLatencyLine, stalledEnd, type LatencyMessage } from './messages.ts';
import type { LatencySpec } from './spec.ts';
import type { LatencyWorkload } from './types.ts';

/** What is booted, and what is done in it. */
export interface BootToMeasure {
  readonly kernel: Kernel;
  readonly guest: NonNullable<LatencySpec['guest']>;
  readonly race: RaceFolder;
  readonly workload: LatencyWorkload;
  readonly files: StepFiles;
}

const GUEST_DIR = '/tmp/latency';
/** A guest sends no more: an hour of 64 CPUs at 1 kHz has 5.5 GB, and nobody waits for that. */
const MOST_BYTES = 2 ** 30;
/** Beyond the program's own limit: hot passes, writing the samples. */
const GRACE_MS = 60_000;

/** Where the guest's programs find their swap device, and where they leave what they measured. */
export function guestFiles(swap: string, dir: string = GUEST_DIR): GuestFiles {
  const inDir = (file: string): string => `${dir}/${file}`;
  return {
    swap,
    samples: inDir(SAMPLE_FILES.samples),
    cyclictest: inDir(SAMPLE_FILES.cyclictest),
    timerlat: inDir(SAMPLE_FILES.timerlat),
  };
}

/**
 * Boots a guest, measures in it, and ends it. What it left is in the step's files, whatever happened.
 *
 * @throws as `runSession` does.
 */
export async function measureBoot(
  boot: BootToMeasure,
  { lab, signal, dedicated }: { readonly lab: Lab; readonly signal: AbortSignal; readonly dedicated?: Dedicated },
): Promise<SessionResult> {
  const { kernel, guest, race, workload, files } = boot;
  const setup = setupFor(race, guest.backend);
  await writeFile(files.path(PROGRAM_LOG), '');
  const request = {
    kernel,
    guest: { ...guest, lockMemory: dedicated?.lockMemory ?? false },
    accelerator: lab.decision.accelerator,
    consoleLog: files.path(CONSOLE),
  };
  return runSession(request, lab, signal, async ({ guest: machine }, running) => {
    if (dedicated !== undefined) await giveTo(machine, dedicated, running);
    await prepare(machine, setup, running);
    return Promise.race([runProgram(machine, boot, setup, running), outOfTime(workload, running)]);
  });
}

/** As the race's set-up says: which read-ahead there is depends on whether a swap device counts as rotational. */
async function prepare(machine: LabGuest, { commands }: NamedSetup, signal: AbortSignal): Promise<void> {
  const command = [`mkdir -p ${GUEST_DIR}`, ...commands].join(' && ');
  await answered(machine, 'prepare its disk', signal, (within) => machine.remote.exec(command, { signal: within }));
}

async function runProgram(
  machine: LabGuest,
  { race, workload, files }: BootToMeasure,
  { arguments: [swap = ''] }: NamedSetup,
  signal: AbortSignal,
): Promise<GuestEnd> {
  const command = latencyCommand(workload, guestFiles(swap), programOf(race.name));
  const process = await machine.remote.spawn(command, { signal });
  process.stderr.resume();
  let last: LatencyMessage | null = null;
  for await (const line of createInterface({ input: process.stdout, crlfDelay: Infinity })) {
    await appendFile(files.path(PROGRAM_LOG), `${line}\n`);
    last = parseLatencyLine(line) ?? last;
    // The process that hangs holds the channel open.
    if (last?.t === 'stalled') break;
  }
  if (last?.t === 'stalled') {
    await printBacktraces(machine, signal);
    return stalledEnd(last);
  }
  const exit = await process.exit;
  if (last?.t === 'fail') return { kind: 'program-failed', message: last.message };
  if (exit.lost) return { kind: 'guest-lost', message: 'the SSH session was lost', machine: null };
  if (exit.code !== 0 || last?.t !== 'end') {
    return {
      kind: 'program-failed',
      message: `exit status ${exit.code}${last?.t === 'end' ? '' : ' without an end mark'}`,
    };
  }
  await takeSamples(machine, files, signal);
  return { kind: 'completed' };
}

/** Of what the guest sends only the files that a boot leaves. */
async function takeSamples(machine: LabGuest, files: StepFiles, signal: AbortSignal): Promise<void> {
  await using sent = await makePrivateDir('samples');
  await machine.remote.download(GUEST_DIR, sent.path, { limitBytes: MOST_BYTES, signal });
  const { timerlat, ...plain } = SAMPLE_FILES;
  for (const name of Object.values(plain)) {
    const from = join(sent.path, name);
    if (await exists(from))
      await withHostErrors('keep samples', files.path(name), () => copyFile(from, files.path(name)));
  }
  const trace = join(sent.path, timerlat);
  if (await exists(trace)) await packTrace(trace, files.path(TRACE));
}

async function outOfTime({ seconds, hangSeconds }: LatencyWorkload, signal: AbortSignal): Promise<GuestEnd> {
  const limitMs = (seconds + hangSeconds) * 1000 + GRACE_MS;
  await sleep(limitMs, undefined, { signal });
  return { kind: 'out-of-time', message: `the program did not end within ${limitMs / 1000} s` };
}
