// SPDX-License-Identifier: GPL-2.0-only
import type { ReportedRun } from '../model/shown.ts';
import { PROBES } from '../probe/table.ts';
import { reportText } from '../report/text.ts';
import { audit, type AuditResult } from '../results/audit.ts';
import { readConsoles } from '../results/consoles.ts';
import type { KindTable } from '../results/kinds.ts';
import { readRun } from '../results/reader.ts';
import { showRun } from '../results/show.ts';
import { cachedSymbols } from './symbols.ts';

/** A finished run with everything that reports are written from. @throws HostError `RUN_UNREADABLE`, UsageError. */
export async function readReported(runDir: string, kinds: KindTable = PROBES): Promise<ReportedRun> {
  const run = showRun(await readRun(runDir, kinds), kinds);
  return { run, consoles: await readConsoles(runDir, run) };
}

/** Recomputes a run from its raw files; source lines are looked up again where the cache still has the kernel. */
export function auditRun(
  runDir: string,
  cacheDir: string,
  signal: AbortSignal,
  kinds: KindTable = PROBES,
): Promise<AuditResult> {
  return audit(runDir, { kinds, reportText, symbolsOf: (kernel) => cachedSymbols(cacheDir, kernel, signal) });
}
