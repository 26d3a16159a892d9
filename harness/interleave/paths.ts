// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../model/errors.ts';
import type { PathLimits } from './path.ts';

/** Where the held thread's path begins. */
export interface AnchorSpec {
  /** The first of these that the kernel has: functions are renamed between kernels. */
  readonly functions: readonly string[];
  /** `target-fault`: only for the fault of the target page, by its struct vm_fault. */
  readonly match: 'target-fault' | 'first';
}

/** A way into the data of a swap device that swapoff can overtake. */
export interface PathSpec {
  readonly name: string;
  readonly describe: string;
  /** What the guest program does (guests/src/interleave/operations.c). */
  readonly operation: string;
  readonly anchor: AnchorSpec;
  readonly limits: PathLimits;
  /**
   * What shows that it went well, beside the content of all pages: a fault that read nothing from the device was
   * refused; any other operation tells by the value that it returned.
   */
  readonly tells: 'fault' | 'return value';
}

/**
 * From here on the entry has SWAP_HAS_CACHE, and swapoff cannot overtake it any more. Lock validation makes the way
 * there tenfold.
 */
const HAS_CACHE: PathLimits = { untilReturnOf: ['__swap_duplicate', 'swapcache_prepare'], limit: 60_000 };

/** A path that is one call. */
function call(functions: readonly string[]): Pick<PathSpec, 'anchor' | 'limits' | 'tells'> {
  return {
    anchor: { functions, match: 'first' },
    limits: { untilReturnOf: functions, limit: 6_000 },
    tells: 'return value',
  };
}

export const PATHS = [
  {
    name: 'fault',
    describe: 'fault on an anonymous page, read-ahead included',
    operation: 'fault',
    anchor: { functions: ['do_swap_page'], match: 'target-fault' },
    limits: HAS_CACHE,
    tells: 'fault',
  },
  {
    name: 'shmem',
    describe: 'fault on a page of tmpfs: no page table entry names its swap entry',
    operation: 'fault-tmpfs',
    anchor: { functions: ['shmem_swapin_folio', 'shmem_swapin_page', 'shmem_swapin'], match: 'first' },
    limits: HAS_CACHE,
    tells: 'fault',
  },
  {
    name: 'look-up',
    describe: 'look-up in the swap cache for a page of tmpfs, by mincore() where there is no page table',
    operation: 'mincore-tmpfs',
    ...call(['filemap_get_incore_folio', 'find_get_incore_page', 'mincore_page']),
  },
  {
    name: 'readahead',
    describe: 'read-ahead by MADV_WILLNEED: the entry was read from a page table that is unlocked again',
    operation: 'willneed',
    anchor: { functions: ['swapin_walk_pmd_entry'], match: 'first' },
    limits: HAS_CACHE,
    tells: 'return value',
  },
  {
    name: 'readahead-shmem',
    describe: 'read-ahead by MADV_WILLNEED on tmpfs: the entry was read from the file under rcu_read_lock()',
    operation: 'willneed-tmpfs',
    anchor: { functions: ['__read_swap_cache_async', 'read_swap_cache_async'], match: 'first' },
    limits: HAS_CACHE,
    tells: 'return value',
  },
  {
    name: 'mincore',
    describe: 'look-up in the swap cache for an anonymous page, by mincore() with the page table locked',
    operation: 'mincore',
    ...call(['mincore_pte_range']),
  },
  {
    name: 'count',
    describe: 'count of an entry’s users, by /proc/self/smaps',
    operation: 'smaps',
    ...call(['swp_swapcount']),
  },
  {
    name: 'duplicate',
    describe: 'one more user of an entry, by fork()',
    operation: 'fork',
    ...call(['swap_duplicate']),
  },
  {
    name: 'continuation',
    describe: 'one more user than fits into swap_map, by fork() of a page with 62 of them',
    operation: 'fork-shared',
    ...call(['add_swap_count_continuation']),
  },
  {
    name: 'free',
    describe: 'freeing of an anonymous page’s entry, by MADV_DONTNEED',
    operation: 'dontneed',
    ...call(['free_swap_and_cache']),
  },
  {
    name: 'free-shmem',
    describe: 'freeing of a tmpfs page’s entry, by MADV_REMOVE',
    operation: 'remove-tmpfs',
    ...call(['free_swap_and_cache']),
  },
] as const satisfies readonly PathSpec[];

export type PathName = (typeof PATHS)[number]['name'];
export const PATH_NAMES = PATHS.map(({ name }) => name) as [PathName, ...PathName[]];

/** @throws UsageError `NO_SUCH_PATH` naming those that there are. */
export function pathNamed(name: string): PathSpec & { readonly name: PathName } {
  const found = PATHS.find((path) => path.name === name);
  if (found !== undefined) return found;
  throw new UsageError('NO_SUCH_PATH', `No path ${name}`, { hint: `one of: ${PATH_NAMES.join(', ')}` });
}
