// SPDX-License-Identifier: GPL-2.0-only
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SwapBackend } from '../../model/guest.ts';
import { setupNamed } from '../../race/operations.ts';
import { readRace, type RaceFolder } from '../../race/read.ts';

export const guestsDir = join(resolve(dirname(fileURLToPath(import.meta.url)), '../../..'), 'guests');

/** The shipped race that tests of placing are about. */
export const SWAPOFF: RaceFolder = readRace(guestsDir, 'swapoff');

/** What a guest swaps to in one of its set-ups. */
export function backendOf(setup: string): SwapBackend {
  return setupNamed(SWAPOFF, setup).backend;
}
