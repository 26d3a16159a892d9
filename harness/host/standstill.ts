// SPDX-License-Identifier: GPL-2.0-only
import { fileURLToPath } from 'node:url';
import { runOk } from './process.ts';

/** Milliseconds of each time in which a core did nothing for a program that always had something to do. */
export interface Standstill {
  readonly core: number;
  readonly stopsMs: readonly number[];
}

export interface StandstillOptions {
  readonly seconds: number;
  /** Shorter ones do not count. */
  readonly leastMs: number;
  readonly signal: AbortSignal;
}

/**
 * Looks how often and for how long cores stand still, all at once: what runs on them cannot be prompter.
 *
 * @throws HostError when a core may not be used, or taskset(1) is missing.
 */
export async function standstills(
  cores: readonly number[],
  { seconds, leastMs, signal }: StandstillOptions,
): Promise<Standstill[]> {
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
