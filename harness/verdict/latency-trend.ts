// SPDX-License-Identifier: GPL-2.0-only
import type {
  LatencyFigure,
  LatencyPoint,
  LatencyRunSummary,
  LatencySeries,
  LatencyTrend,
} from '../model/latency-history.ts';
import { levelChanges } from '../stats/change-point.ts';
import { median } from '../stats/order.ts';
import { TREND_ALPHA } from './trend.ts';

/** The same plan, accelerator, threshold, arm and reference across latency runs; `runs` oldest first. */
export function latencySeriesOf(runs: readonly LatencyRunSummary[]): LatencySeries[] {
  const groups = new Map<string, { run: LatencyRunSummary; points: LatencyPoint[] }>();
  for (const run of runs) {
    for (const arm of run.arms) {
      const key = JSON.stringify([run.plan, run.accelerator, run.threshold, arm.arm, arm.against]);
      const group = groups.get(key) ?? { run, points: [] };
      group.points.push({ run: run.run, startedAt: run.startedAt, ...arm });
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ run: { plan, accelerator, threshold }, points }) => {
    const { arm, against } = points[0] as LatencyPoint;
    return {
      plan,
      accelerator,
      threshold,
      arm,
      against,
      points,
      exceedances: trendOf(points, 'exceedances'),
      swapoffUs: trendOf(points, 'swapoffUs'),
    };
  });
}

function trendOf(points: readonly LatencyPoint[], figure: 'exceedances' | 'swapoffUs'): LatencyTrend {
  const told = points.flatMap((point) => (point[figure] === null ? [] : [{ run: point.run, figure: point[figure] }]));
  const isRatio = told.length > 0 && told.every((each) => ratioOf(each.figure) !== null);
  const values = told.map(({ run, figure: each }) => ({ run, value: (isRatio ? ratioOf(each) : null) ?? each.value }));
  return {
    basis: isRatio ? 'ratio' : 'absolute',
    last: values.at(-1)?.value ?? null,
    median: values.length === 0 ? null : median(values.map(({ value }) => value)),
    changePoints: levelChanges(values, TREND_ALPHA),
  };
}

/** Null where there is nothing to divide by. */
function ratioOf({ value, control }: LatencyFigure): number | null {
  return control === null || control === 0 ? null : value / control;
}
