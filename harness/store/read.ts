import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HostError } from '../model/errors.ts';
import type { Splat } from '../model/splat.ts';
import type { Evidence, RunRecord, TrialRecord } from '../model/trial.ts';
import type { JudgedTrial, RunResult, TrialVerdict } from '../model/verdict.ts';
import { RUN_FILES, TRIAL_FILES } from './layout.ts';
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
  return { record, trials, verdict };
}

export async function readRecord(runDir: string): Promise<RunRecord> {
  return readJson(join(runDir, RUN_FILES.run), schema.runRecord);
}

/** Names of the whole trials of a run, sorted; those still being written are not among them. */
export async function trialIds(runDir: string): Promise<string[]> {
  const entries = await readdir(join(runDir, RUN_FILES.trials)).catch(() => []);
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

/** Parses a JSON file of a known shape. @throws HostError `RUN_UNREADABLE` */
export async function readJson<T>(path: string, shape: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new HostError('RUN_UNREADABLE', `Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new HostError('RUN_UNREADABLE', `Cannot read ${path}: ${z.prettifyError(parsed.error)}`);
}
