// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { HostError } from '../model/errors.ts';

/** proc(5): the kernel shows times to user space in hundredths of a second, whatever its own tick is. */
const MS_PER_TICK = 10;
/** Fields after the command's closing bracket: state is the first, utime the 12th, stime the 13th. */
const STATE = 0;
const UTIME = 11;
const STIME = 12;

/** What /proc/PID/stat says of a process. */
export interface ProcessState {
  /** CPU milliseconds that it and its threads have had. */
  readonly cpuMs: number;
  /** By a signal. */
  readonly stopped: boolean;
}

/** @throws HostError `QEMU_GONE`. */
export async function processOf(pid: number): Promise<ProcessState> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch((cause: Error) => {
    throw new HostError('QEMU_GONE', `QEMU (process ${pid}) is no longer there`, { cause, concerns: 'guest' });
  });
  return processState(stat);
}

/** CPU milliseconds that a process and its threads have had: for QEMU under TCG, what its vCPUs have run. */
export function workClock(pid: number): () => Promise<number> {
  return async () => (await processOf(pid)).cpuMs;
}

/** Reads a line of /proc/PID/stat; the command may hold any character, brackets included. */
export function processState(stat: string): ProcessState {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpuMs: (Number(fields[UTIME]) + Number(fields[STIME])) * MS_PER_TICK,
    stopped: fields[STATE] === 'T' || fields[STATE] === 't',
  };
}
