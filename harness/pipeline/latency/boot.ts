// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { latencyCommand, type GuestFiles } from '../../probe/latency/command.ts';
import { parseLatencyLine, type LatencyMessage } from '../../probe/latency/messages.ts';
import { giveTo, type Dedicated } from '../../machine/dedicated.ts';
import { readGuestBuildId } from '../../machine/build-id.ts';
import { BootError, HostError, SwapraceError } from '../../model/errors.ts';
import type { GuestSpec, StartedGuest } from '../../model/guest.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { LatencyEnd, LatencyWorkload } from '../../model/latency.ts';
import { bootGuest, type Lab } from '../lab.ts';
import { machineGone } from '../machine-gone.ts';
import { SplatWatch } from '../splat-watch.ts';
import { packTrace } from './trace-file.ts';

/** Where a boot's raw files go. */
export interface LatencyLogs {
  readonly consoleLog: string;
  readonly programLog: string;
  /** The guest's files go below it. */
  readonly dir: string;
}

export interface LatencyBootResult {
  readonly end: LatencyEnd;
  readonly guestBuildId: string | null;
  /** QEMU's command line; empty when it was never started. */
  readonly argv: readonly string[];
  /** From exec to the first answer; null when there was none. */
  readonly bootMs: number | null;
}

/** Names of what a guest's programs leave, in the guest's folder and in the boot's; there the trace is packed. */
export const SAMPLE_FILES = {
  samples: 'samples.bin',
  cyclictest: 'cyclictest.json',
  timerlat: 'timerlat.txt',
} as const;

const GUEST_DIR = '/tmp/latency';
const GUEST_FILES: GuestFiles = {
  swap: '/dev/vda',
  samples: `${GUEST_DIR}/${SAMPLE_FILES.samples}`,
  cyclictest: `${GUEST_DIR}/${SAMPLE_FILES.cyclictest}`,
  timerlat: `${GUEST_DIR}/${SAMPLE_FILES.timerlat}`,
};
/** A guest sends no more: an hour of 64 CPUs at 1 kHz has 5.5 GB, and nobody waits for that. */
const MOST_BYTES = 2 ** 30;
/** Beyond the program's own limit: hot passes, writing the samples. */
const GRACE_MS = 60_000;
/** For a machine to be seen to go after its session was lost. */
const AFTER_LOSS_MS = 1_000;
/** The host's troubles that concern one boot and leave the others possible. */
const HOST_TROUBLE = /^(QEMU_.*|EMULATED_TIME)$/;
/** The guest got nothing for itself: its figures would be of another kind than the others'. */
const NOT_GIVEN = /^(DEDICATE_FAILED|QMP_.*)$/;
/** For the console to print the backtraces that were asked for. */
const BACKTRACE_MS = 3_000;

/**
 * Boots a guest, measures in it, and ends it. What it left is in `logs`, whatever happened.
 *
 * @throws InterruptedError when `signal` aborts; HostError when evidence could not be kept. Everything else is a
 *   result.
 */
export async function measureBoot(
  kernel: Kernel,
  guest: GuestSpec,
  workload: LatencyWorkload,
  logs: LatencyLogs,
  { lab, signal, dedicated }: { readonly lab: Lab; readonly signal: AbortSignal; readonly dedicated?: Dedicated },
): Promise<LatencyBootResult> {
  await writeFile(logs.programLog, '');
  let started: StartedGuest;
  try {
    started = await bootGuest(
      kernel,
      { ...guest, lockMemory: dedicated?.lockMemory ?? false },
      lab.decision.accelerator,
      lab,
      signal,
      undefined,
      logs.consoleLog,
    );
  } catch (error) {
    return { end: endOfFailedBoot(error), guestBuildId: null, argv: [], bootMs: null };
  }
  await using machine = started;
  const over = new AbortController();
  try {
    if (dedicated !== undefined) await giveTo(machine, dedicated, signal);
    const either = AbortSignal.any([over.signal, signal]);
    const { end, guestBuildId } = await measure(machine, guest, workload, logs, either);
    signal.throwIfAborted();
    await machine.kill();
    return { end, guestBuildId, argv: machine.argv, bootMs: machine.bootMs };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HostError) || !NOT_GIVEN.test(error.code)) throw error;
    return {
      end: { kind: 'host-fault', message: error.message },
      guestBuildId: null,
      argv: machine.argv,
      bootMs: machine.bootMs,
    };
  } finally {
    over.abort();
  }
}

function endOfFailedBoot(error: unknown): LatencyEnd {
  if (error instanceof BootError) return { kind: 'boot-failed', message: error.message };
  if (error instanceof HostError && HOST_TROUBLE.test(error.code)) {
    return { kind: 'host-fault', message: error.message };
  }
  throw error;
}

async function measure(
  machine: StartedGuest,
  guest: GuestSpec,
  workload: LatencyWorkload,
  logs: LatencyLogs,
  signal: AbortSignal,
): Promise<{ readonly end: LatencyEnd; readonly guestBuildId: string | null }> {
  const splats = new SplatWatch(machine);
  let guestBuildId: string | null = null;
  try {
    guestBuildId = await readGuestBuildId(machine.remote, signal);
    await prepare(machine, guest, signal);
    const end = await Promise.race([
      runProgram(machine, workload, logs, signal),
      splats.followed(signal).then((): LatencyEnd => ({ kind: 'complained' })),
      machineGone(machine),
      outOfTime(workload, signal),
    ]);
    return { end: splats.seen ? { kind: 'complained' } : end, guestBuildId };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SwapraceError) || error instanceof HostError) throw error;
    const lost: LatencyEnd = {
      kind: 'guest-lost',
      message: [error.message, error.details].filter(Boolean).join('\n'),
      machine: null,
    };
    const end = await Promise.race([machineGone(machine), sleep(AFTER_LOSS_MS, lost, { signal })]);
    return { end: splats.seen ? { kind: 'complained' } : end, guestBuildId };
  }
}

/** Which read-ahead a fault uses hangs on whether its swap device counts as rotational. */
async function prepare({ remote }: StartedGuest, { backend }: GuestSpec, signal: AbortSignal): Promise<void> {
  const rotational = backend.kind === 'virtio-blk' && backend.rotational ? 1 : 0;
  await remote.exec(`mkdir -p ${GUEST_DIR}; echo ${rotational} > /sys/block/vda/queue/rotational`, { signal });
}

async function runProgram(
  machine: StartedGuest,
  workload: LatencyWorkload,
  logs: LatencyLogs,
  signal: AbortSignal,
): Promise<LatencyEnd> {
  const process = await machine.remote.spawn(latencyCommand(workload, GUEST_FILES), { signal });
  process.stderr.resume();
  let last: LatencyMessage | null = null;
  for await (const line of createInterface({ input: process.stdout, crlfDelay: Infinity })) {
    await appendFile(logs.programLog, `${line}\n`);
    last = parseLatencyLine(line) ?? last;
    // The process that hangs holds the channel open.
    if (last?.t === 'stalled') break;
  }
  if (last?.t === 'stalled') return stalled(machine, last, signal);
  const exit = await process.exit;
  if (last?.t === 'fail') return { kind: 'program-failed', message: last.message };
  if (exit.lost) return lost(machine, signal);
  if (exit.code !== 0 || last?.t !== 'end') {
    return {
      kind: 'program-failed',
      message: `exit status ${exit.code}${last?.t === 'end' ? '' : ' without an end mark'}`,
    };
  }
  await machine.remote.download(GUEST_DIR, logs.dir, { limitBytes: MOST_BYTES, signal });
  if (workload.instrument === 'timerlat') await packTrace(join(logs.dir, SAMPLE_FILES.timerlat));
  return { kind: 'completed' };
}

async function stalled(
  machine: StartedGuest,
  { operation, seconds }: Extract<LatencyMessage, { t: 'stalled' }>,
  signal: AbortSignal,
): Promise<LatencyEnd> {
  // The image keeps the console to complaints; states of tasks are information.
  await machine.remote.exec(
    'echo 8 > /proc/sys/kernel/printk; echo l > /proc/sysrq-trigger; echo t > /proc/sysrq-trigger',
    { signal },
  );
  await sleep(BACKTRACE_MS, undefined, { signal });
  return { kind: 'stalled', message: `${operation} made no progress for ${seconds} s` };
}

/** A machine that went explains a lost session. */
async function lost(machine: StartedGuest, signal: AbortSignal): Promise<LatencyEnd> {
  const end: LatencyEnd = { kind: 'guest-lost', message: 'the SSH session was lost', machine: null };
  return Promise.race([machineGone(machine), sleep(AFTER_LOSS_MS, end, { signal })]);
}

async function outOfTime({ seconds, hangSeconds }: LatencyWorkload, signal: AbortSignal): Promise<LatencyEnd> {
  const limitMs = (seconds + hangSeconds) * 1000 + GRACE_MS;
  await sleep(limitMs, undefined, { signal });
  return { kind: 'out-of-time', message: `the program did not end within ${limitMs / 1000} s` };
}
