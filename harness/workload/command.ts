// SPDX-License-Identifier: GPL-2.0-only
import type { SwapBackend } from '../model/guest.ts';

/** Where guests/init has the swap disk, and where the workload mounts the file system that holds a swap file. */
const DISK = '/dev/vda';
const SWAP_FILE = '/mnt/swapfile';

/** What threads of a race's program `stress` do, against a loop of its contender. */
export interface Workload {
  readonly race: string;
  /** One of the race's workloads. */
  readonly workload: string;
  readonly backend: SwapBackend;
  readonly threads: number;
  readonly pages: number;
  readonly seconds: number;
  readonly hangSeconds: number;
  readonly seed: number;
}

/** The command that runs a workload in a guest: the race's program `stress`. Pure. */
export function stressCommand(spec: Workload): string {
  const { race, workload, backend, threads, pages, seconds, hangSeconds, seed } = spec;
  return [
    `${race}-stress`,
    `--kind ${workload}`,
    `--backend ${backendArgument(backend)}`,
    `--threads ${threads}`,
    `--pages ${pages}`,
    `--seconds ${seconds}`,
    // The harness gives up on a thread first, and looks at it.
    `--join-seconds ${hangSeconds * 2}`,
    `--seed ${seed}`,
  ].join(' ');
}

function backendArgument(backend: SwapBackend): string {
  switch (backend.kind) {
    case 'virtio-blk':
      return `blk:${DISK}:rotational=${backend.rotational ? 1 : 0}`;
    case 'file':
      return `file:${SWAP_FILE}:kib=${backend.sizeKiB}:device=${DISK}`;
    case 'zram':
      return `zram:${backend.sizeKiB}`;
    case 'none':
      return 'none';
  }
}
