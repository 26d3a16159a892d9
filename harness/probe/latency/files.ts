// SPDX-License-Identifier: GPL-2.0-only
/** Raw files of a boot, as the guest's programs leave them and as they lie in the step's folder. */
export const SAMPLE_FILES = {
  samples: 'samples.bin',
  cyclictest: 'cyclictest.json',
  timerlat: 'timerlat.txt',
} as const;

/** timerlat's trace is text of megabytes: it is kept packed. */
export const TRACE = `${SAMPLE_FILES.timerlat}.gz`;
export const CONSOLE = 'console.log';
/** Lines that the program wrote. */
export const PROGRAM_LOG = 'program.jsonl';

/** Everything that a boot that is made again must not find. */
export const RAW_FILES = [CONSOLE, PROGRAM_LOG, TRACE, ...Object.values(SAMPLE_FILES)] as const;
