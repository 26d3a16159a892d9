// SPDX-License-Identifier: GPL-2.0-only
import type Database from 'libsql';
import type { LatencyArmSummary, LatencyFigure, LatencyRunSummary } from '../model/latency-history.ts';
import { groupBy } from './group-by.ts';

/** The latency runs' part of the history's database. */
export const LATENCY_TABLES = `
CREATE TABLE latencyRuns (run TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, startedAt TEXT NOT NULL, plan TEXT NOT NULL, accelerator TEXT NOT NULL, threshold TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE latencyArms (run TEXT NOT NULL, place INTEGER NOT NULL, arm TEXT NOT NULL, kernelId TEXT, boots INTEGER NOT NULL, against TEXT,
  exceedances REAL, exceedancesControl REAL, swapoffUs REAL, swapoffUsControl REAL, PRIMARY KEY (run, place)) WITHOUT ROWID;
`;

interface ArmRow extends Omit<LatencyArmSummary, 'exceedances' | 'swapoffUs'> {
  readonly run: string;
  readonly exceedances: number | null;
  readonly exceedancesControl: number | null;
  readonly swapoffUs: number | null;
  readonly swapoffUsControl: number | null;
}

/** Writes a latency run of which nothing is in the tables. */
export function latencyWriter(db: Database.Database): (fingerprint: string, summary: LatencyRunSummary) => void {
  const runs = db.prepare('INSERT INTO latencyRuns VALUES (?, ?, ?, ?, ?, ?)');
  const arms = db.prepare('INSERT INTO latencyArms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  return (fingerprint, { run, startedAt, plan, accelerator, threshold, arms: all }) => {
    runs.run(run, fingerprint, startedAt, plan, accelerator, threshold);
    all.forEach(({ arm, kernelId, boots, against, exceedances, swapoffUs }, place) => {
      arms.run(run, place, arm, kernelId, boots, against, ...columns(exceedances), ...columns(swapoffUs));
    });
  };
}

/** Every latency run, oldest first. */
export function latencyRuns(db: Database.Database): LatencyRunSummary[] {
  const runs = db
    .prepare('SELECT run, startedAt, plan, accelerator, threshold FROM latencyRuns ORDER BY run')
    .all() as Omit<LatencyRunSummary, 'arms'>[];
  const arms = groupBy(db.prepare('SELECT * FROM latencyArms ORDER BY run, place').all() as ArmRow[], ({ run }) => run);
  return runs.map((run) => ({
    ...run,
    arms: (arms.get(run.run) ?? []).map(({ arm, kernelId, boots, against, ...row }) => ({
      arm,
      kernelId,
      boots,
      against,
      exceedances: figure(row.exceedances, row.exceedancesControl),
      swapoffUs: figure(row.swapoffUs, row.swapoffUsControl),
    })),
  }));
}

function columns(each: LatencyFigure | null): [value: number | null, control: number | null] {
  return [each?.value ?? null, each?.control ?? null];
}

function figure(value: number | null, control: number | null): LatencyFigure | null {
  return value === null ? null : { value, control };
}
