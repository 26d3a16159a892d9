// SPDX-License-Identifier: GPL-2.0-only
import { randomBytes } from 'node:crypto';

/**
 * A name for a run that sorts by its time and that no other run has: `20261122T091704.123Z-5f0c1a`.
 * Two runs of one millisecond differ in the random part.
 */
export function newRunId(now: Date, random: string = randomBytes(3).toString('hex')): string {
  return `${now.toISOString().replaceAll(/[-:]/g, '')}-${random}`;
}
