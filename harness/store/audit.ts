// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../host/files.ts';
import { SwapraceError } from '../model/errors.ts';
import type { Exploration } from '../model/exploration.ts';
import type { JudgedTrial, RunResult } from '../model/verdict.ts';
import { auditExploration } from './audit-exploration.ts';
import { auditFiles } from './audit-files.ts';
import { sameJson } from './audit-json.ts';
import { auditTrial } from './audit-trial.ts';
import { firstLineThatDiffers } from '../results/diff.ts';
import type { AuditProblem, AuditTools } from './audit-model.ts';
import { RUN_FILES } from './layout.ts';
import { explorationIds, readRecord, trialIds } from './read.ts';
import { readJson } from '../results/read-json.ts';
import { runVerdict } from './schema.ts';

export interface AuditResult {
  readonly files: number;
  readonly trials: number;
  /** Empty when the run is what its raw files say. */
  readonly problems: readonly AuditProblem[];
}

/**
 * Recomputes a finished run from its raw files and compares everything with what is stored: the sums and the set of
 * files; splats from console.log and exposure from workload.jsonl; race maps from points.jsonl; the verdict of each
 * trial and of the run, with every rate and p; the report. Never throws for what is wrong with a run: that is its
 * result.
 */
export async function audit(runDir: string, tools: AuditTools): Promise<AuditResult> {
  const { files, problems } = await auditFiles(runDir);
  const ids = await trialIds(runDir);
  const recomputed = await auditContent(runDir, ids, tools);
  return { files, trials: ids.length, problems: [...problems, ...recomputed] };
}

async function auditContent(runDir: string, ids: readonly string[], tools: AuditTools): Promise<AuditProblem[]> {
  const problems: AuditProblem[] = [];
  const record = await attempt(RUN_FILES.run, problems, () => readRecord(runDir));
  if (record === null) return problems;
  problems.push(...(await sameJson(runDir, RUN_FILES.run, record, record)));

  const trials: JudgedTrial[] = [];
  for (const id of ids) {
    const trial = await attempt(join(RUN_FILES.trials, id), problems, () => auditTrial(runDir, id, record, tools));
    if (trial === null) continue;
    problems.push(...trial.problems);
    trials.push(trial.judged);
  }
  const explorations: Exploration[] = [];
  for (const id of await explorationIds(runDir)) {
    const audited = await attempt(join(RUN_FILES.explorations, id), problems, () =>
      auditExploration(runDir, id, record, tools),
    );
    if (audited === null) continue;
    problems.push(...audited.problems);
    explorations.push(audited.exploration);
  }
  problems.push(...(await auditVerdict(runDir, { record, trials, explorations }, tools)));
  return problems;
}

async function auditVerdict(
  runDir: string,
  recomputed: Omit<RunResult, 'verdict'>,
  tools: AuditTools,
): Promise<AuditProblem[]> {
  const problems: AuditProblem[] = [];
  const { record, trials, explorations } = recomputed;
  const verdict = tools.judgeRun(record.plan, trials, record.troubles, explorations);
  const stored = await attempt(RUN_FILES.verdict, problems, () =>
    readJson(join(runDir, RUN_FILES.verdict), runVerdict),
  );
  if (stored !== null) problems.push(...(await sameJson(runDir, RUN_FILES.verdict, stored, verdict)));
  const report = await attempt(RUN_FILES.report, problems, () => readFile(join(runDir, RUN_FILES.report), 'utf8'));
  const line = report === null ? null : firstLineThatDiffers(report, tools.reportText({ ...recomputed, verdict }));
  if (line !== null) problems.push({ file: RUN_FILES.report, what: line });
  return problems;
}

/** Runs a step; what it cannot read becomes a problem of `file`. */
async function attempt<T>(file: string, problems: AuditProblem[], step: () => Promise<T>): Promise<T | null> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof SwapraceError) && errnoOf(error) === null) throw error;
    problems.push({ file, what: (error as Error).message });
    return null;
  }
}
