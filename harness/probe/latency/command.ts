// SPDX-License-Identifier: GPL-2.0-only
import type { LatencyWorkload } from './types.ts';

/** Name of the program that a race's folder has for being measured, as guests have it. */
export const programOf = (race: string): string => `${race}-latency`;

/**
 * cyclictest's histogram goes so far. It prints a line for each microsecond, which an emulated guest takes seconds for.
 */
export const CYCLICTEST_REACH_US = 200_000;
/** Passes over all pages that are timed without the contender. */
const HOT_PASSES = 200;
const SWAP_IN_THREADS = 1;

/** Where the guest's programs leave what they measured. */
export interface GuestFiles {
  /** A block device, or a file of full size. */
  readonly swap: string;
  readonly samples: string;
  readonly cyclictest: string;
  readonly timerlat: string;
}

/** The command that runs a boot's workload; its options are those of the race’s program latency. Pure. */
export function latencyCommand(
  workload: LatencyWorkload,
  { swap, samples, cyclictest, timerlat }: GuestFiles,
  program: string,
): string {
  const { mode, instrument, cycles, periodUs, horizonUs, intervalUs, pages, race, seconds, hangSeconds, holdUs, seed } =
    workload;
  const run = [
    program,
    `--mode ${mode}`,
    `--swap ${swap}`,
    `--out ${samples}`,
    `--instrument ${instrument}`,
    `--trace ${timerlat}`,
    `--cycles ${cycles}`,
    `--period-us ${periodUs}`,
    `--horizon-us ${horizonUs}`,
    `--interval-us ${intervalUs}`,
    `--pages ${pages}`,
    `--threads ${SWAP_IN_THREADS}`,
    `--race ${race ? 1 : 0}`,
    `--seconds ${seconds}`,
    `--hang-seconds ${hangSeconds}`,
    `--hold-us ${holdUs}`,
    `--hot-passes ${HOT_PASSES}`,
    `--seed ${seed}`,
  ].join(' ');
  switch (instrument) {
    case 'sampler':
    case 'timerlat':
      return run;
    case 'cyclictest':
      return `${cyclictestCommand(intervalUs, cyclictest)} & ${run}; status=$?; kill -INT $!; wait $!; exit $status`;
  }
}

/** One thread a CPU, at the sampler’s priority. */
function cyclictestCommand(intervalUs: number, file: string): string {
  return `cyclictest --smp --mlockall --priority=99 --interval=${intervalUs} --histogram=${CYCLICTEST_REACH_US} --quiet --json=${file} >/dev/null`;
}
