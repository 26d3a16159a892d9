import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { analyse, type AnalysedBoot, type LatencyAnalysis } from '../../latency/analyse.ts';
import { latencyReport } from '../../latency/report.ts';
import { UsageError } from '../../model/errors.ts';
import type { HostSnapshot, LatencyBootRecord, LatencyRunRecord } from '../../model/latency.ts';
import { auditFiles } from '../../store/audit-files.ts';
import { firstDifference } from '../../store/diff.ts';
import { LATENCY_FILES } from '../../store/latency-store.ts';
import { readLatencyBoots, readLatencyRun } from '../../store/latency-read.ts';
import type { Workspace } from '../workspace.ts';
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

/** The folder of a stored run: a path, or a name below `results/`. @throws UsageError `NO_SUCH_RUN`. */
export async function resolveLatencyRun(name: string, { resultsDir }: Workspace): Promise<string> {
  const candidates = isAbsolute(name) ? [name] : [resolve(name), join(resultsDir, name)];
  for (const dir of candidates) {
    if (await stat(join(dir, LATENCY_FILES.run)).then(() => true, () => false)) return dir;
  }
  throw new UsageError('NO_SUCH_RUN', `No latency run in ${candidates.join(' or ')}`, { hint: `ls ${resultsDir}` });
}

/** Reads a run and computes everything anew from its raw files. @throws UsageError when they are not what was written. */
export async function readStoredRun(dir: string): Promise<StoredLatencyRun> {
  const record = await readLatencyRun(dir);
  const stored = await readLatencyBoots(dir);
  const whole = stored.filter(({ record: each }) => isWhole(each.boot.block, stored.map((other) => other.record), record));
  const boots: AnalysedBoot[] = [];
  for (const { dir: folder, record: each } of whole) boots.push(await deriveBoot(folder, each));
  const records = whole.map((each) => each.record);
  const analysis = analyse(record.plan, boots);
  return { dir, record, records, boots, analysis, report: latencyReport(record, analysis, hostsOf(records)) };
}

/** What is not as it was written, or does not follow from the raw files; empty when all is well. */
export async function auditLatencyRun({ dir, analysis, report }: StoredLatencyRun): Promise<string[]> {
  const { problems } = await auditFiles(dir);
  const storedAnalysis: unknown = JSON.parse(await readFile(join(dir, LATENCY_FILES.analysis), 'utf8'));
  const difference = firstDifference(storedAnalysis, JSON.parse(JSON.stringify(analysis)));
  const storedReport = await readFile(join(dir, LATENCY_FILES.report), 'utf8');
  return [
    ...problems.map(({ file, what }) => `${file}: ${what}`),
    ...(difference === null ? [] : [`${LATENCY_FILES.analysis}: ${difference}`]),
    ...(storedReport === report ? [] : [`${LATENCY_FILES.report}: is not what the raw files say`]),
  ];
}

function hostsOf(records: readonly LatencyBootRecord[]): HostSnapshot[] {
  return records.map(({ host }) => host);
}

/** An interruption leaves a block without some of its arms: it is not balanced, and does not count. */
function isWhole(block: number, all: readonly LatencyBootRecord[], { plan }: LatencyRunRecord): boolean {
  return all.filter(({ boot }) => boot.block === block).length === plan.arms.length;
}
