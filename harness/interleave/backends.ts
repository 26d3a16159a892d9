// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../model/errors.ts';
import type { SwapBackend } from '../model/guest.ts';

/** Small: swapoff reads it all, and a snapshot keeps it. */
const SIZE_KIB = 1024;

/** Swap areas that behave differently in the kernel, by name. */
export const BACKENDS = {
  /** Read-ahead by cluster, no cluster_info. */
  rotational: { kind: 'virtio-blk', rotational: true, sizeKiB: SIZE_KIB },
  /** cluster_info with its own locks, read-ahead by virtual address. */
  'solid-state': { kind: 'virtio-blk', rotational: false, sizeKiB: SIZE_KIB },
  /** Synchronous: a page with one user bypasses the swap cache. */
  zram: { kind: 'zram', sizeKiB: SIZE_KIB },
} as const satisfies Readonly<Record<string, SwapBackend>>;

export type BackendName = keyof typeof BACKENDS;
export const BACKEND_NAMES = Object.keys(BACKENDS) as [BackendName, ...BackendName[]];

/** @throws UsageError `NOT_PLACED_ON` for a backend on which nothing can be placed. */
export function backendName(backend: SwapBackend): BackendName {
  switch (backend.kind) {
    case 'virtio-blk':
      return backend.rotational ? 'rotational' : 'solid-state';
    case 'zram':
      return 'zram';
    case 'file':
      throw new UsageError('NOT_PLACED_ON', 'Nothing can be placed on a swap file', {
        hint: `use ${BACKEND_NAMES.join(', ')}`,
      });
  }
}

/** How a guest makes a backend ready. */
export interface BackendSetup {
  /** Shell commands, in order; each must succeed. */
  readonly commands: readonly string[];
  readonly device: string;
}

export function backendSetup(backend: SwapBackend): BackendSetup {
  switch (backendName(backend)) {
    case 'rotational':
      return { commands: ['echo 1 > /sys/block/vda/queue/rotational'], device: '/dev/vda' };
    case 'solid-state':
      return { commands: ['echo 0 > /sys/block/vda/queue/rotational'], device: '/dev/vda' };
    case 'zram':
      return { commands: [`echo ${backend.sizeKiB}K > /sys/block/zram0/disksize`], device: '/dev/zram0' };
  }
}
