// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { statField } from '../host/proc-stat.ts';
import { MachineLostError } from '../model/errors.ts';

/** proc(5): the kernel shows times to user space in hundredths of a second, whatever its own tick is. */
const MS_PER_TICK = 10;
/** Fields of /proc/PID/stat. */
const STATE = 3;
const UTIME = 14;
const STIME = 15;

/** What /proc/PID/stat says of a process. */
export interface ProcessState {
  /** CPU milliseconds that it and its threads have had. */
  readonly cpuMs: number;
  /** By a signal. */
  readonly stopped: boolean;
}

/** @throws MachineLostError `QEMU_GONE`. */
export async function processOf(pid: number): Promise<ProcessState> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch((cause: Error) => {
    throw new MachineLostError('QEMU_GONE', `QEMU (process ${pid}) is no longer there`, cause);
  });
  return processState(stat);
}

/** CPU milliseconds that a process and its threads have had: for QEMU under TCG, what its vCPUs have run. */
export function workClock(pid: number): () => Promise<number> {
  return async () => (await processOf(pid)).cpuMs;
}

/** Reads a line of /proc/PID/stat. */
export function processState(stat: string): ProcessState {
  return {
    cpuMs: (Number(statField(stat, UTIME)) + Number(statField(stat, STIME))) * MS_PER_TICK,
    stopped: /^[Tt]$/.test(statField(stat, STATE)),
  };
}
