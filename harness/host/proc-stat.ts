// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';

/** Fields of proc(5)'s /proc/PID/stat by their number there. Null when there is no such process. */
export function procStat(pid: number): ((field: number) => string) | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return (field) => statField(stat, field);
  } catch {
    return null;
  }
}

/** A field after the second, the command, which may contain spaces and brackets. */
export function statField(stat: string, field: number): string {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[field - 3] ?? '';
}

/** When a process started, in clock ticks since boot: with the pid it names one process. Null when there is none. */
export function startTime(pid: number): string | null {
  return procStat(pid)?.(22) ?? null;
}
