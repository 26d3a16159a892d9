// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../host/files.ts';
import { blockOf } from '../../probe/latency/design.ts';
import { SwapraceError } from '../../model/errors.ts';
import type { LatencyBootRecord, LatencyRunRecord } from '../../model/latency.ts';
import { auditFiles } from '../../store/audit-files.ts';
import type { AuditProblem } from '../../store/audit-model.ts';
import { firstDifference, firstLineThatDiffers } from '../../results/diff.ts';
import { BOOT_FILES, LATENCY_FILES } from '../../store/latency-store.ts';
import { readStoredRun, type StoredLatencyRun } from './stored.ts';

export interface LatencyAudit {
  readonly files: number;
  readonly boots: number;
  /** Empty when the run is what its raw files say. */
  readonly problems: readonly AuditProblem[];
}

/**
 * Recomputes a finished latency run from its raw files and compares everything with what is stored: the sums and the
 * set of files, what was asked of each boot, the analysis with its verdicts, the report. Never throws for what is wrong
 * with a run: that is its result.
 */
export async function auditLatencyRun(dir: string): Promise<LatencyAudit> {
  try {
    return await auditReadRun(await readStoredRun(dir));
  } catch (error) {
    if (!(error instanceof SwapraceError) && errnoOf(error) === null) throw error;
    const { files, problems } = await auditFiles(dir);
    return { files, boots: 0, problems: [...problems, { file: LATENCY_FILES.run, what: (error as Error).message }] };
  }
}

/** As `auditLatencyRun`, of a run that was read already. */
export async function auditReadRun(run: StoredLatencyRun): Promise<LatencyAudit> {
  const { files, problems } = await auditFiles(run.dir);
  const unlike = run.records.flatMap((record) => bootProblem(record, run.record));
  return { files, boots: run.records.length, problems: [...problems, ...unlike, ...(await outcomeProblems(run))] };
}

/** A boot is what the plan's seed and the run's kernels make it. */
function bootProblem(stored: LatencyBootRecord, { plan, kernels }: LatencyRunRecord): AuditProblem[] {
  const { boot, workload, kernelId, buildId } = stored;
  const file = join(LATENCY_FILES.boots, boot.id, BOOT_FILES.boot);
  const planned = blockOf(plan, boot.block).find(({ id }) => id === boot.id);
  const arm = plan.arms.find(({ id }) => id === planned?.arm);
  if (planned === undefined || arm === undefined)
    return [{ file, what: `block ${boot.block} of the plan has no boot ${boot.id}` }];
  const kernel = kernels[arm.variant];
  const difference = firstDifference(
    { boot, arm: stored.arm, workload, kernelId, buildId },
    {
      boot: planned,
      arm,
      workload: { ...plan.workload, mode: arm.mode, seed: planned.seed },
      kernelId: kernel?.id,
      buildId: kernel?.buildId,
    },
  );
  return difference === null ? [] : [{ file, what: difference }];
}

async function outcomeProblems({ dir, analysis, report }: StoredLatencyRun): Promise<AuditProblem[]> {
  const storedAnalysis: unknown = JSON.parse(await readFile(join(dir, LATENCY_FILES.analysis), 'utf8'));
  const difference = firstDifference(storedAnalysis, JSON.parse(JSON.stringify(analysis)));
  const line = firstLineThatDiffers(await readFile(join(dir, LATENCY_FILES.report), 'utf8'), report);
  return [
    ...(difference === null ? [] : [{ file: LATENCY_FILES.analysis, what: difference }]),
    ...(line === null ? [] : [{ file: LATENCY_FILES.report, what: line }]),
  ];
}
