// SPDX-License-Identifier: GPL-2.0-only
import { setTimeout as sleep } from 'node:timers/promises';
import { aborted } from '../host/deadline.ts';
import { processOf, type ProcessState } from '../machine/work-clock.ts';
import type { GuestEnd } from '../model/guest-end.ts';
import type { LabGuest } from './guest.ts';

/**
 * What says whether the host gives this process and QEMU their time. A guest's clocks go on while QEMU is stopped (a
 * paused container, a frozen control group, SIGSTOP): its threads then look as if they hung, and its kernel's own
 * detectors of stalls fire.
 */
export interface HostPulse {
  /** Until the next look. */
  wait(signal: AbortSignal): Promise<void>;
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** CPU milliseconds that this process has had. */
  ownCpuMs(): number;
  /** Null once QEMU has gone. */
  qemu(): Promise<ProcessState | null>;
  /** What QEMU reports of its machine, `running`; null when it does not answer. */
  status(signal: AbortSignal): Promise<string | null>;
}

/** Between two looks. */
const PULSE_MS = 250;
/** For QEMU's monitor: its main loop answers within milliseconds, whatever the guest does. */
const MONITOR_MS = 2_000;

export function pulseOf(guest: LabGuest): HostPulse {
  return {
    wait: (signal) => sleep(PULSE_MS, undefined, { signal }),
    nowMs: () => performance.now(),
    ownCpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    qemu: () => processOf(guest.pid).catch(() => null),
    status: (signal) =>
      Promise.race([guest.status().catch(() => null), sleep(MONITOR_MS, null, { signal }).catch(() => null)]),
  };
}

/**
 * Resolves when the host stalled for `stallMs`: this process did not run, QEMU did not, or QEMU has stopped the
 * guest by itself (a full disk). Shorter stalls are below what the detectors of hangs wait for. Polls: a stall makes no
 * event.
 */
export async function hostStalled(pulse: HostPulse, stallMs: number, signal: AbortSignal): Promise<GuestEnd> {
  let look = { atMs: pulse.nowMs(), cpuMs: pulse.ownCpuMs() };
  let ran = { atMs: look.atMs, cpuMs: -1 };
  for (;;) {
    await pulse.wait(signal);
    const before = look;
    look = { atMs: pulse.nowMs(), cpuMs: pulse.ownCpuMs() };
    const gapMs = look.atMs - before.atMs;
    // A process that has so much to do that it does not look runs, and so does QEMU meanwhile.
    if (gapMs >= stallMs && look.cpuMs - before.cpuMs < gapMs / 2) return stall('this process did not run', gapMs);
    const qemu = await pulse.qemu();
    if (qemu === null) return aborted(signal);
    if (qemu.cpuMs !== ran.cpuMs) ran = { atMs: look.atMs, cpuMs: qemu.cpuMs };
    const idleMs = look.atMs - ran.atMs;
    if (idleMs < stallMs) continue;
    if (qemu.stopped) return stall('QEMU was stopped', idleMs);
    const status = await pulse.status(signal);
    signal.throwIfAborted();
    if (status === null) return stall('QEMU did not run', idleMs);
    if (status !== 'running') return { kind: 'host-fault', message: `QEMU has stopped the guest: ${status}` };
    // A guest with nothing to run, a halted one perhaps: no fault of the host's.
    ran = { ...ran, atMs: pulse.nowMs() };
  }
}

function stall(what: string, ms: number): GuestEnd {
  return { kind: 'host-fault', message: `the host stalled: ${what} for ${(ms / 1000).toFixed(0)} s` };
}
