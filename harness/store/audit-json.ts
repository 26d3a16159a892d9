// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditProblem } from './audit-model.ts';
import { firstDifference } from '../results/diff.ts';
import { toJson } from './layout.ts';

/** Compares a parsed file with its recomputed value, then its bytes with the form in which the store writes. */
export async function sameJson(
  runDir: string,
  file: string,
  stored: unknown,
  recomputed: unknown,
): Promise<AuditProblem[]> {
  const difference = firstDifference(stored, recomputed);
  if (difference !== null) return [{ file, what: difference }];
  const text = await readFile(join(runDir, file), 'utf8');
  return text === toJson(JSON.parse(text)) ? [] : [{ file, what: 'is not in the form in which it was written' }];
}
