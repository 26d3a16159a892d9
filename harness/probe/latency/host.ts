// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { cpuStalls } from '../../host/cpu-stalls.ts';
import type { HostSnapshot } from './finding.ts';
import { cpuStallText } from './show/host-caveats.ts';

/** Times that all CPUs together have spent since the host's boot, in ticks (proc(5), /proc/stat). */
interface CpuTimes {
  readonly total: number;
  readonly idle: number;
  readonly steal: number;
}

/** What decides how much a time means. */
export function latencyHostFacts(): Record<string, string> {
  const governor = firstLine('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') ?? 'none to be seen';
  const clocksource = firstLine('/sys/devices/system/clocksource/clocksource0/current_clocksource') ?? 'unknown';
  const isolated = firstLine('/sys/devices/system/cpu/isolated') || 'none';
  return {
    cores: String(cpus().length),
    cpu: cpus()[0]?.model ?? 'unknown',
    ...{ governor, clocksource },
    isolatedCpus: isolated,
    niceness: String(niceness()),
  };
}

/** Long enough for what comes once a second; shorter stalls than this are lost among what a guest waits for anyway. */
const LOOKED = { seconds: 5, leastMs: 1 } as const;

/**
 * Looks, before anything is measured, whether cores stall by themselves. Takes some seconds. @throws as
 * `cpuStalls` does.
 */
export async function coresStood(cores: readonly number[], signal: AbortSignal): Promise<string> {
  return cpuStallText(await cpuStalls(cores, { ...LOOKED, signal }), LOOKED);
}

/** Begins to watch the host; the result says what it was like since then. */
export function watchHost(): () => HostSnapshot {
  const before = cpuTimes();
  return () => {
    const after = cpuTimes();
    const share = (key: 'idle' | 'steal'): number | null => {
      if (before === null || after === null || after.total === before.total) return null;
      return (after[key] - before[key]) / (after.total - before.total);
    };
    const idle = share('idle');
    return { load: loadavg()[0] ?? 0, steal: share('steal'), busy: idle === null ? null : 1 - idle };
  };
}

function cpuTimes(): CpuTimes | null {
  // user nice system idle iowait irq softirq steal guest guest_nice; guest time is in user time, too.
  const fields = /^cpu +([\d ]+)$/m
    .exec(firstLine('/proc/stat') ?? '')?.[1]
    ?.split(' ')
    .map(Number)
    .slice(0, 8);
  if (fields === undefined) return null;
  return {
    total: fields.reduce((sum, ticks) => sum + ticks, 0),
    idle: (fields[3] ?? 0) + (fields[4] ?? 0),
    steal: fields[7] ?? 0,
  };
}

/** Field 19 of /proc/self/stat. */
function niceness(): number {
  const stat = firstLine('/proc/self/stat') ?? '';
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16] ?? 0);
}

function firstLine(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').split('\n')[0] ?? null;
  } catch {
    return null;
  }
}
