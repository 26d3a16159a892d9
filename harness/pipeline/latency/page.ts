// SPDX-License-Identifier: GPL-2.0-only
import { answersOf } from '../../probe/latency/show/answers.ts';
import { latencyCommand } from '../../probe/latency/command.ts';
import type { BootFigures } from '../../probe/latency/boot/figures.ts';
import { binEdgeNs, mergeHistograms, type LogHistogram } from '../../probe/latency/boot/histogram.ts';
import type { LatencyPage } from '../../report/html/latency.ts';
import type { LatencyData, LatencyHistogram } from '../../report/latency.ts';
import { latencyStrips } from './pictures.ts';
import type { StoredLatencyRun } from './stored.ts';

/**
 * What the page of a stored latency run shows: the curves of its variants, without the controls, and a strip of every
 * arm.
 */
export async function latencyPageOf(run: StoredLatencyRun): Promise<LatencyPage> {
  const { record, records, boots, analysis, report } = run;
  const { plan } = record;
  const strips = await latencyStrips(run);
  const variants = plan.arms.filter(({ role }) => role === 'variant');
  const data = variants.flatMap(({ id }): LatencyData[] => {
    const figures = boots.flatMap(({ arm, result }) => (arm === id && !('kind' in result) ? [result] : []));
    return figures.length === 0 ? [] : [dataOf(id, figures)];
  });
  const { cycles, periodUs, pages } = plan.workload;
  const workload = records.find(({ arm }) => arm.role === 'variant')?.workload ?? {
    ...plan.workload,
    mode: 'swapoff',
    seed: plan.seed,
  };
  return {
    run: record.id,
    describe: plan.describe,
    report,
    answers: answersOf(analysis.pairs),
    data,
    strips: Object.entries(strips).map(([arm, swapoffs]) => ({ arm, swapoffs })),
    exceedsMs: analysis.thresholdNs / 1e6,
    load: `${cycles} swapoffs a boot, one each ${periodUs / 1000} ms at the earliest, ${pages} pages swapped in meanwhile`,
    command: latencyCommand(workload, { swap: 'SWAP', samples: 'SAMPLES', cyclictest: 'HISTOGRAM', timerlat: 'TRACE' }),
  };
}

function dataOf(variant: string, figures: readonly BootFigures[]): LatencyData {
  return {
    variant,
    inside: binsOf(mergeHistograms(figures.map(({ inside }) => inside))),
    outside: binsOf(mergeHistograms(figures.map(({ outside }) => outside))),
    swapoffMs: figures.map(({ swapoffUs }) => swapoffUs / 1000),
  };
}

function binsOf({ bins }: LogHistogram): LatencyHistogram {
  return bins.map(([bin, count]) => ({ upToUs: binEdgeNs(bin) / 1000, count }));
}
