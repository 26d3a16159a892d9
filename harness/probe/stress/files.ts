// SPDX-License-Identifier: GPL-2.0-only

/** Raw files of a trial. */
export const CONSOLE = 'console.log';
export const WORKLOAD = 'workload.jsonl';
