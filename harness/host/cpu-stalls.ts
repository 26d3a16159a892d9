// SPDX-License-Identifier: GPL-2.0-only
import { fileURLToPath } from 'node:url';
import { runOk } from './process.ts';

/** When a core did not run a program that never sleeps, in milliseconds each. */
export interface CpuStalls {
  readonly core: number;
  readonly stopsMs: readonly number[];
}

export interface StallOptions {
  readonly seconds: number;
  /** Shorter ones do not count. */
  readonly leastMs: number;
  readonly signal: AbortSignal;
}

/**
 * Measures how often and for how long cores stall, all cores at once: what runs on them cannot be prompter.
 *
 * @throws HostError when a core may not be used, or taskset(1) is missing.
 */
export async function cpuStalls(
  cores: readonly number[],
  { seconds, leastMs, signal }: StallOptions,
): Promise<CpuStalls[]> {
  const spin = [
    '--import',
    import.meta.resolve('tsx'),
    fileURLToPath(new URL('spin.ts', import.meta.url)),
    String(seconds),
    String(leastMs),
  ];
  return Promise.all(
    cores.map(async (core) => {
      const { stdout } = await runOk('taskset', ['-c', String(core), process.execPath, ...spin], { signal });
      return { core, stopsMs: JSON.parse(stdout) as number[] };
    }),
  );
}
