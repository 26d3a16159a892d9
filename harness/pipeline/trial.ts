// SPDX-License-Identifier: GPL-2.0-only
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readGuestBuildId } from '../machine/build-id.ts';
import { BootError, HostError, SwapraceError } from '../model/errors.ts';
import type { ProgressListener } from '../model/events.ts';
import type { StartedGuest } from '../model/guest.ts';
import type { Kernel } from '../model/kernel.ts';
import type { TrialEnd, TrialSpec } from '../model/trial.ts';
import { bootGuest, type Lab } from './lab.ts';
import { machineGone } from './machine-gone.ts';
import { SplatWatch } from './splat-watch.ts';
import { WorkloadRun } from './workload-run.ts';

/** What every trial of a run shares. */
export interface TrialContext {
  readonly lab: Lab;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

/** What a trial leaves beside its raw files. */
export interface TrialResult {
  readonly end: TrialEnd;
  readonly guestBuildId: string | null;
  /** QEMU's command line; empty when it was never started. */
  readonly argv: readonly string[];
  /** From exec to the first answer; null when there was none. */
  readonly bootMs: number | null;
}

/** Where a trial's raw files go, as they come. */
export interface TrialLogs {
  readonly consoleLog: string;
  readonly workloadLog: string;
}

/** Beyond the race itself: preparing the backend, the last cycle, joining threads. */
const TRIAL_GRACE_MS = 60_000;
/** The monitor writes ten lines a second; a guest this long without one no longer answers. */
const MONITOR_SILENCE_MS = 20_000;
/** For the console to print what SysRq or an NMI asked for. */
const BACKTRACE_MS = 3_000;
/** For a guest that hangs to print its backtraces; without them, too, it hangs. */
const ANSWER_MS = 30_000;
/** For a machine to be seen to go, and for the console's last bytes, after a session or a workload was lost. */
const AFTER_LOSS_MS = 1_000;
const LOOK_EVERY_MS = 100;

/**
 * Boots a guest, races swap-ins against swapoff in it, and ends it. Console and workload output are in `logs` as they
 * came, whatever happened.
 *
 * @throws InterruptedError when `signal` aborts; HostError when evidence could not be kept. Everything else is a
 *   result.
 */
export async function runTrial(
  spec: TrialSpec,
  kernel: Kernel,
  logs: TrialLogs,
  context: TrialContext,
): Promise<TrialResult> {
  await writeFile(logs.workloadLog, '');
  const { vcpus, memoryMiB, cmdline, backend } = spec;
  const { lab, signal } = context;
  let guest: StartedGuest;
  try {
    const accelerator = lab.decision.accelerator;
    guest = await bootGuest(
      kernel,
      { vcpus, memoryMiB, cmdline, backend },
      accelerator,
      lab,
      signal,
      undefined,
      logs.consoleLog,
    );
  } catch (error) {
    return { end: endOfFailedBoot(error), guestBuildId: null, argv: [], bootMs: null };
  }
  await using started = guest;
  const { end, guestBuildId } = await race(spec, kernel, started, logs, context);
  await started.kill();
  return { end, guestBuildId, argv: started.argv, bootMs: started.bootMs };
}

function endOfFailedBoot(error: unknown): TrialEnd {
  if (error instanceof BootError) return { kind: 'boot-failed', message: described(error) };
  if (error instanceof HostError && (error.code.startsWith('QEMU_') || error.code === 'EMULATED_TIME')) {
    return { kind: 'host-fault', message: described(error) };
  }
  throw error;
}

function described({ message, details }: SwapraceError): string {
  return details === undefined ? message : `${message}\n${details}`;
}

async function race(
  spec: TrialSpec,
  kernel: Kernel,
  guest: StartedGuest,
  logs: TrialLogs,
  context: TrialContext,
): Promise<{ readonly end: TrialEnd; readonly guestBuildId: string | null }> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, context.signal]);
  const splats = new SplatWatch(guest);
  let guestBuildId: string | null = null;
  try {
    guestBuildId = await readGuestBuildId(guest.remote, signal);
    if (guestBuildId !== kernel.buildId) {
      return { end: { kind: 'boot-failed', message: wrongKernel(kernel.buildId, guestBuildId) }, guestBuildId };
    }
    await using workload = await WorkloadRun.start(spec, guest.remote, logs.workloadLog, context.emit);
    const end = await Promise.race([
      workload.ended(),
      splats.followed(signal).then((): TrialEnd => ({ kind: 'splat' })),
      stalled(workload, spec, signal),
      monitorSilent(workload, guest, signal),
      machineGone(guest),
      outOfTime(spec, signal),
      aborted(context.signal),
    ]);
    return { end: await explain(end, guest, splats, signal), guestBuildId };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof SwapraceError) || error instanceof HostError) throw error;
    const end: TrialEnd = { kind: 'guest-lost', message: described(error), machine: null };
    return { end: await explain(end, guest, splats, signal), guestBuildId };
  } finally {
    over.abort();
  }
}

function wrongKernel(wanted: string, got: string): string {
  return `the guest runs build ${got}, not ${wanted}: the kernel in the cache is not the one that was built`;
}

/**
 * What lies behind an end: a machine that went explains a lost session, and a splat explains everything but the host.
 */
async function explain(end: TrialEnd, guest: StartedGuest, splats: SplatWatch, signal: AbortSignal): Promise<TrialEnd> {
  if (end.kind === 'guest-lost' || end.kind === 'workload-failed') {
    const settled = sleep(AFTER_LOSS_MS, end, { signal });
    end = await Promise.race([machineGone(guest), settled]);
  }
  if (end.kind === 'stalled') {
    // Nor need a guest that hangs answer.
    const answered = printBacktraces(guest, signal).then(
      () => end,
      () => end,
    );
    end = await Promise.race([answered, machineGone(guest), sleep(ANSWER_MS, end, { signal })]);
    signal.throwIfAborted();
  }
  if (!splats.seen || end.kind === 'host-fault') return end;
  await splats.followed(signal);
  return { kind: 'splat' };
}

/** A workload thread without progress past its deadline while the monitor goes on. */
async function stalled(workload: WorkloadRun, spec: TrialSpec, signal: AbortSignal): Promise<TrialEnd> {
  for (;;) {
    await sleep(LOOK_EVERY_MS, undefined, { signal });
    const threads = workload.stalledThreads(spec.hangSeconds * 1000);
    if (threads.length > 0) return { kind: 'stalled', threads };
  }
}

/**
 * Has the guest print registers and stacks of what runs on each CPU (l), blocked tasks (w) and every task (t), as far
 * as it answers.
 */
async function printBacktraces(guest: StartedGuest, signal: AbortSignal): Promise<void> {
  // The image keeps the console to complaints; states of tasks are information.
  await guest.remote.exec('echo 8 > /proc/sys/kernel/printk', { signal });
  for (const key of ['l', 'w', 't']) await guest.remote.exec(`echo ${key} > /proc/sysrq-trigger`, { signal });
  await sleep(BACKTRACE_MS, undefined, { signal });
}

async function monitorSilent(workload: WorkloadRun, guest: StartedGuest, signal: AbortSignal): Promise<TrialEnd> {
  while (workload.silentMs() < MONITOR_SILENCE_MS) await sleep(LOOK_EVERY_MS, undefined, { signal });
  // An NMI reaches a kernel that answers nothing else; its backtraces are for the person who looks.
  await guest.injectNmi().catch(() => undefined);
  await sleep(BACKTRACE_MS, undefined, { signal });
  return { kind: 'guest-lost', message: `no word from the workload for ${MONITOR_SILENCE_MS / 1000} s`, machine: null };
}

async function outOfTime(spec: TrialSpec, signal: AbortSignal): Promise<TrialEnd> {
  const limitMs = spec.seconds * 1000 + spec.hangSeconds * 1000 + TRIAL_GRACE_MS;
  await sleep(limitMs, undefined, { signal });
  return { kind: 'out-of-time', message: `the workload did not end within ${limitMs / 1000} s` };
}

async function aborted(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  throw signal.reason;
}
