// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import { readTextIfExists } from '../host/files.ts';
import type { AuditProblem } from './audit-model.ts';
import { RUN_FILES } from './layout.ts';
import { listFiles, parseSums, sumFiles } from '../results/sums.ts';

/** Compares the files of a run with SHA256SUMS: none changed, none missing, none added. */
export async function auditFiles(
  runDir: string,
): Promise<{ readonly files: number; readonly problems: readonly AuditProblem[] }> {
  const { files, others, empty } = await listFiles(runDir);
  const strays = [
    ...others.map((file) => ({ file, what: 'is neither a file nor a folder' })),
    // A run without a trial has an empty folder of them.
    ...empty.filter((folder) => folder !== RUN_FILES.trials).map((file) => ({ file, what: 'is an empty folder' })),
  ];
  return { files: files.length, problems: [...strays, ...(await auditSums(runDir))] };
}

async function auditSums(runDir: string): Promise<AuditProblem[]> {
  const content = await readTextIfExists(join(runDir, RUN_FILES.sums));
  if (content === null) return [{ file: RUN_FILES.sums, what: 'is missing: the run was not finished' }];
  const stored = parseSums(content);
  if (stored === null) return [{ file: RUN_FILES.sums, what: 'is not a list of sums as it was written' }];
  const actual = await sumFiles(runDir);
  const problems: AuditProblem[] = [];
  for (const file of new Set([...stored.keys(), ...actual.keys()])) {
    const what = compareSum(stored.get(file), actual.get(file));
    if (what !== null) problems.push({ file, what });
  }
  return problems;
}

function compareSum(stored: string | undefined, actual: string | undefined): string | null {
  if (actual === undefined) return `is missing (${RUN_FILES.sums} lists it)`;
  if (stored === undefined) return `is not in ${RUN_FILES.sums}`;
  return stored === actual ? null : `has sha256 ${actual}, ${RUN_FILES.sums} says ${stored}`;
}
