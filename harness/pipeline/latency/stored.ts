// SPDX-License-Identifier: GPL-2.0-only
import { analyse, type LatencyAnalysis } from '../../probe/latency/analysis/analyse.ts';
import type { AnalysedBoot } from '../../probe/latency/analysis/arms-of-run.ts';
import { latencyReport } from '../../probe/latency/show/report.ts';
import type { HostSnapshot, LatencyBootRecord, LatencyRunRecord } from '../../model/latency.ts';
import { readLatencyBoots, readLatencyRun } from '../../store/latency-read.ts';
import { deriveBoot } from './derive.ts';

/** A stored run as its raw files have it. */
export interface StoredLatencyRun {
  readonly dir: string;
  readonly record: LatencyRunRecord;
  readonly records: readonly LatencyBootRecord[];
  readonly boots: readonly AnalysedBoot[];
  readonly analysis: LatencyAnalysis;
  readonly report: string;
}

/**
 * Reads a run and computes everything anew from its raw files. @throws UsageError when they are not what was written.
 */
export async function readStoredRun(dir: string): Promise<StoredLatencyRun> {
  const record = await readLatencyRun(dir);
  const stored = await readLatencyBoots(dir);
  const whole = stored.filter(({ record: each }) =>
    isWhole(
      each.boot.block,
      stored.map((other) => other.record),
      record,
    ),
  );
  const boots: AnalysedBoot[] = [];
  for (const { dir: folder, record: each } of whole) boots.push(await deriveBoot(folder, each));
  const records = whole.map((each) => each.record);
  const analysis = analyse(record.plan, boots);
  return { dir, record, records, boots, analysis, report: latencyReport(record, analysis, hostsOf(records)) };
}

function hostsOf(records: readonly LatencyBootRecord[]): HostSnapshot[] {
  return records.map(({ host }) => host);
}

/** An interruption leaves a block without some of its arms: it is not balanced, and does not count. */
function isWhole(block: number, all: readonly LatencyBootRecord[], { plan }: LatencyRunRecord): boolean {
  return all.filter(({ boot }) => boot.block === block).length === plan.arms.length;
}
