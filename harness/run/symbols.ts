// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import { addr2lineSymbolizer } from '../evidence/symbolize.ts';
import { exists } from '../host/files.ts';
import { sourceLookup } from '../interleave/symbols.ts';
import type { SymbolLookup } from '../model/probe.ts';

/** Source lines from a kernel's own line tables. */
export function kernelSymbols(vmlinux: string, signal: AbortSignal): SymbolLookup {
  const symbolizer = addr2lineSymbolizer(vmlinux);
  return {
    splats: (splats) => symbolizer.symbolize(splats, signal),
    places: sourceLookup(vmlinux, signal),
  };
}

/** Of a kernel that the cache may still have; null where it has not. */
export async function cachedSymbols(
  cacheDir: string,
  kernelId: string,
  signal: AbortSignal,
): Promise<SymbolLookup | null> {
  const vmlinux = join(cacheDir, 'kernels', kernelId, 'vmlinux');
  return (await exists(vmlinux)) ? kernelSymbols(vmlinux, signal) : null;
}
