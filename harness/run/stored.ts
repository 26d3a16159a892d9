// SPDX-License-Identifier: GPL-2.0-only
import type { Workspace } from '../host/workspace.ts';
import type { Plan } from '../model/plan.ts';
import type { RunHeader } from '../model/run.ts';
import type { ReportedRun } from '../model/shown.ts';
import { parsePlan } from '../plan/parse.ts';
import { planOnFar } from '../probe/latency/far.ts';
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
  { cacheDir, root }: Pick<Workspace, 'cacheDir' | 'root'>,
  signal: AbortSignal,
  kinds: KindTable = PROBES,
): Promise<AuditResult> {
  return audit(runDir, {
    ...{ kinds, reportText },
    planOf: (header) => planAgain(header, root, kinds),
    symbolsOf: (kernel) => cachedSymbols(cacheDir, kernel, signal),
  });
}

/** A run's plan, read again from its text, as it was where the run was made. @throws UsageError `PLAN_INVALID` */
export function planAgain({ plan, planFile, host }: RunHeader, root: string, kinds: KindTable = PROBES): Plan {
  const again = parsePlan(plan.text, { file: planFile, root, kinds });
  const shipped = again.variants.flatMap(({ fragments }) => fragments).find((path) => path.startsWith(`${root}/`));
  if (plan.variants.length === 0) return planOnFar(again, host);
  if (shipped === undefined) return again;
  const tail = shipped.slice(root.length);
  const stored = plan.variants.flatMap(({ fragments }) => fragments).find((path) => path.endsWith(tail)) ?? shipped;
  const there = stored.slice(0, -tail.length);
  const moved = (path: string): string => (path.startsWith(`${root}/`) ? there + path.slice(root.length) : path);
  const variants = again.variants.map((each) => ({
    ...each,
    ...{ series: each.series.map(moved), fragments: each.fragments.map(moved) },
  }));
  return { ...again, variants };
}
