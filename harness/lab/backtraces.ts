// SPDX-License-Identifier: GPL-2.0-only
import { setTimeout as sleep } from 'node:timers/promises';
import { answered } from './answered.ts';
import type { LabGuest } from './guest.ts';

/** Registers and stacks of what runs on each CPU, blocked tasks, every task. */
const SYSRQ = ['l', 'w', 't'];

/** Has a guest that hangs print its backtraces, as far as it answers: it hangs without them, too. */
export async function printBacktraces(guest: LabGuest, signal: AbortSignal): Promise<void> {
  const print = async (within: AbortSignal): Promise<void> => {
    // The image keeps the console to complaints; states of tasks are information.
    await guest.remote.exec('echo 8 > /proc/sys/kernel/printk', { signal: within });
    for (const key of SYSRQ) await guest.remote.exec(`echo ${key} > /proc/sysrq-trigger`, { signal: within });
    await sleep(guest.times.backtraceMs, undefined, { signal: within });
  };
  await answered(guest, 'backtraces', signal, print).catch(() => undefined);
  signal.throwIfAborted();
}

/** The same by an NMI, which reaches a kernel that answers nothing else. */
export async function printBacktracesByNmi(guest: LabGuest, signal: AbortSignal): Promise<void> {
  await answered(guest, 'an NMI', signal, () => guest.injectNmi()).catch(() => undefined);
  await sleep(guest.times.backtraceMs, undefined, { signal });
}
