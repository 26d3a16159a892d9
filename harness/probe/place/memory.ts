// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { parseConfig } from '../../kconfig/check.ts';
import type { Kernel } from '../../model/kernel.ts';

/** Enough for a plain kernel and the one program that is placed; more makes snapshots slower. */
const PLAIN_MIB = 128;

/** What a kernel with this symbol needs instead. */
const NEEDS_MIB: Readonly<Record<string, number>> = {
  // Shadow memory, red zones, and objects that are kept after they were freed.
  CONFIG_KASAN: 512,
};

/**
 * Memory of a guest whose threads are placed, in MiB: what its kernel's configuration needs. Of a kernel without one,
 * the plain size.
 */
export async function placedMemoryMiB({ config }: Pick<Kernel, 'config'>): Promise<number> {
  if (config === null) return PLAIN_MIB;
  const values = parseConfig(await readFile(config, 'utf8'));
  const needs = Object.entries(NEEDS_MIB).filter(([symbol]) => values.get(symbol) === 'y');
  return Math.max(PLAIN_MIB, ...needs.map(([, memoryMiB]) => memoryMiB));
}
