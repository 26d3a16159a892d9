// SPDX-License-Identifier: GPL-2.0-only
import { armCurves, swapoffStrip, type ArmCurves, type StripWindow } from '../../probe/latency/show/pictures.ts';
import { readLatencyBoots } from '../../store/latency-read.ts';
import { samplesOf } from './derive.ts';
import type { StoredLatencyRun } from './stored.ts';

/** Everything that is drawn of a run: curves of each arm, and a strip of each arm's first usable boot. */
export interface LatencyPictures {
  readonly curves: readonly ArmCurves[];
  readonly strips: Readonly<Record<string, readonly StripWindow[]>>;
}

/** The pictures of a stored run, as data. */
export async function latencyPictures(run: StoredLatencyRun): Promise<LatencyPictures> {
  const { record, boots } = run;
  const curves = record.plan.arms.map(({ id }) =>
    armCurves(
      id,
      boots.flatMap(({ arm, result }) => (arm === id && !('kind' in result) ? [result] : [])),
    ),
  );
  return { curves, strips: await latencyStrips(run) };
}

/** The swapoffs of each arm's first usable boot. */
export async function latencyStrips({
  dir,
  record,
  boots,
  analysis,
}: StoredLatencyRun): Promise<LatencyPictures['strips']> {
  const stored = await readLatencyBoots(dir);
  const strips: Record<string, readonly StripWindow[]> = {};
  for (const { id } of record.plan.arms) {
    const first = boots.find(({ arm, result }) => arm === id && !('kind' in result));
    const boot = stored.find((each) => each.record.boot.id === first?.id);
    const samples = boot === undefined ? null : await samplesOf(boot.dir, boot.record);
    if (samples === null || 'kind' in samples) continue;
    strips[id] = swapoffStrip(samples, {
      horizonNs: record.plan.workload.horizonUs * 1000,
      thresholdNs: analysis.thresholdNs,
    });
  }
  return strips;
}
