// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { answered } from '../../lab/answered.ts';
import { printBacktraces } from '../../lab/backtraces.ts';
import type { LabGuest } from '../../lab/guest.ts';
import type { Lab } from '../../lab/lab.ts';
import { runSession } from '../../lab/session.ts';
import { latencyCommand, type GuestFiles } from '../../probe/latency/command.ts';
import { parseLatencyLine, stalledEnd, type LatencyMessage } from '../../probe/latency/messages.ts';
import { giveTo, type Dedicated } from '../../machine/dedicated.ts';
import type { GuestSpec } from '../../model/guest.ts';
import type { GuestEnd, SessionResult } from '../../model/guest-end.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { LatencyWorkload } from '../../model/latency.ts';
import { packTrace } from './trace-file.ts';

/** Where a boot's raw files go. */
export interface LatencyLogs {
  readonly consoleLog: string;
  readonly programLog: string;
  /** The guest's files go below it. */
  readonly dir: string;
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
/**
 * Boots a guest, measures in it, and ends it. What it left is in `logs`, whatever happened.
 *
 * @throws as `runSession` does.
 */
export async function measureBoot(
  kernel: Kernel,
  guest: GuestSpec,
  workload: LatencyWorkload,
  logs: LatencyLogs,
  { lab, signal, dedicated }: { readonly lab: Lab; readonly signal: AbortSignal; readonly dedicated?: Dedicated },
): Promise<SessionResult> {
  await writeFile(logs.programLog, '');
  const request = {
    kernel,
    guest: { ...guest, lockMemory: dedicated?.lockMemory ?? false },
    accelerator: lab.decision.accelerator,
    consoleLog: logs.consoleLog,
  };
  return runSession(request, lab, signal, async ({ guest: machine }, running) => {
    if (dedicated !== undefined) await giveTo(machine, dedicated, running);
    await prepare(machine, guest, running);
    return Promise.race([runProgram(machine, workload, logs, running), outOfTime(workload, running)]);
  });
}

/** Which read-ahead a fault uses hangs on whether its swap device counts as rotational. */
async function prepare(machine: LabGuest, { backend }: GuestSpec, signal: AbortSignal): Promise<void> {
  const rotational = backend.kind === 'virtio-blk' && backend.rotational ? 1 : 0;
  const command = `mkdir -p ${GUEST_DIR}; echo ${rotational} > /sys/block/vda/queue/rotational`;
  await answered(machine, 'prepare its disk', signal, (within) => machine.remote.exec(command, { signal: within }));
}

async function runProgram(
  machine: LabGuest,
  workload: LatencyWorkload,
  logs: LatencyLogs,
  signal: AbortSignal,
): Promise<GuestEnd> {
  const process = await machine.remote.spawn(latencyCommand(workload, GUEST_FILES), { signal });
  process.stderr.resume();
  let last: LatencyMessage | null = null;
  for await (const line of createInterface({ input: process.stdout, crlfDelay: Infinity })) {
    await appendFile(logs.programLog, `${line}\n`);
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
  await machine.remote.download(GUEST_DIR, logs.dir, { limitBytes: MOST_BYTES, signal });
  if (workload.instrument === 'timerlat') await packTrace(join(logs.dir, SAMPLE_FILES.timerlat));
  return { kind: 'completed' };
}

async function outOfTime({ seconds, hangSeconds }: LatencyWorkload, signal: AbortSignal): Promise<GuestEnd> {
  const limitMs = (seconds + hangSeconds) * 1000 + GRACE_MS;
  await sleep(limitMs, undefined, { signal });
  return { kind: 'out-of-time', message: `the program did not end within ${limitMs / 1000} s` };
}
