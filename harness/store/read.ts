// SPDX-License-Identifier: GPL-2.0-only
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exploration } from '../model/exploration.ts';
import type { Splat } from '../model/splat.ts';
import type { Evidence, RunRecord, TrialRecord } from '../model/trial.ts';
import type { JudgedTrial, RunResult, TrialVerdict } from '../model/verdict.ts';
import { RUN_FILES, TRIAL_FILES } from './layout.ts';
import { readExploration } from './exploration-files.ts';
import { readJson } from '../results/read-json.ts';
import * as schema from './schema.ts';

/** A trial as it lies on disk, parsed and not recomputed. */
export interface StoredTrial {
  readonly record: TrialRecord;
  readonly evidence: schema.StoredEvidence;
  /** Symbolised, where the run could. */
  readonly splats: readonly Splat[];
  readonly verdict: TrialVerdict;
}

/**
 * A finished run, as stored.
 *
 * @throws HostError `RUN_UNREADABLE` for a file that is missing or has another shape.
 */
export async function readRun(runDir: string): Promise<RunResult> {
  const [record, verdict, ids] = [
    await readRecord(runDir),
    await readJson(join(runDir, RUN_FILES.verdict), schema.runVerdict),
    await trialIds(runDir),
  ];
  const trials = await Promise.all(ids.map(async (id) => judged(await readTrial(runDir, id))));
  return { record, trials, explorations: await readExplorations(runDir, record), verdict };
}

/** The explorations of a run, as stored, in the plan's order. */
async function readExplorations(runDir: string, { plan }: RunRecord): Promise<Exploration[]> {
  const planned = plan.explorations.flatMap(({ id, variants }) => variants.map((variant) => `${id}-${variant}`));
  const ids = (await explorationIds(runDir)).sort((a, b) => planned.indexOf(a) - planned.indexOf(b));
  return Promise.all(ids.map((id) => readExploration(join(runDir, RUN_FILES.explorations, id))));
}

export async function readRecord(runDir: string): Promise<RunRecord> {
  return readJson(join(runDir, RUN_FILES.run), schema.runRecord);
}

/** Names of the whole trials of a run, sorted; those still being written are not among them. */
export function trialIds(runDir: string): Promise<string[]> {
  return wholeFolders(join(runDir, RUN_FILES.trials));
}

/** Likewise. A run without any has no folder for them. */
export function explorationIds(runDir: string): Promise<string[]> {
  return wholeFolders(join(runDir, RUN_FILES.explorations));
}

async function wholeFolders(dir: string): Promise<string[]> {
  const entries = await readdir(dir).catch(() => []);
  return entries.filter((name) => !name.startsWith('.')).sort();
}

/** One trial of a run, as stored. @throws HostError `RUN_UNREADABLE` */
export async function readTrial(runDir: string, id: string): Promise<StoredTrial> {
  const file = (name: string) => join(runDir, RUN_FILES.trials, id, name);
  return {
    record: await readJson(file(TRIAL_FILES.trial), schema.trialRecord),
    evidence: await readJson(file(TRIAL_FILES.evidence), schema.storedEvidence),
    splats: await readJson(file(TRIAL_FILES.splats), schema.splats),
    verdict: await readJson(file(TRIAL_FILES.verdict), schema.trialVerdict),
  };
}

/** A stored trial in the form that judging and reporting take. */
export function judged({ record, evidence, splats, verdict }: StoredTrial): JudgedTrial {
  return { evidence: { spec: record.spec, end: record.end, splats, ...evidence } satisfies Evidence, verdict };
}
