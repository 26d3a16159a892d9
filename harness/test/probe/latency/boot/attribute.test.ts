// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { attribute, latencies } from '../../../../probe/latency/boot/attribute.ts';
import { bootFigures, endpointOf, exceedancesOf } from '../../../../probe/latency/boot/figures.ts';
import {
  binEdgeNs,
  countAbove,
  edgeAbove,
  histogramQuantile,
  logHistogram,
  mergeHistograms,
  tailOf,
} from '../../../../probe/latency/boot/histogram.ts';
import { madeUpSamples, workload } from '../fixtures/made-up.ts';

const HORIZON_NS = workload.horizonUs * 1000;

t.test('every wake-up is dealt once, by its expected time', async (t) => {
  const samples = madeUpSamples();
  const { cycles, outside } = attribute(samples, HORIZON_NS);
  const dealt = cycles.reduce((sum, { during, after }) => sum + during.length + after.length, outside.length);
  t.equal(dealt, samples.wakeUps.length);
  t.same([...new Set(cycles.map(({ during }) => during.length))], [10], '5 of 5 ms on two CPUs');
  t.same([...new Set(cycles.map(({ after }) => after.length))], [30]);
});

t.test('the borders: entry is inside, return is after it, the horizon is outside', async (t) => {
  const windows = [
    { startNs: 1000, endNs: 3000 },
    { startNs: 20_000, endNs: 90_000 },
  ];
  const wakeUps = [999, 1000, 2999, 3000, 10_999, 11_000, 19_999, 20_000, 29_999, 30_000, 95_000].map((expectedNs) => ({
    cpu: 0,
    expectedNs,
    latencyNs: expectedNs,
  }));
  const { cycles, outside } = attribute({ cpus: 1, windows, wakeUps, passes: [] }, 10_000);
  t.same(
    cycles.map(({ during }) => latencies(during)),
    [
      [1000, 2999],
      [20_000, 29_999],
    ],
  );
  t.same(
    cycles.map(({ after }) => latencies(after)),
    [[3000, 10_999], []],
  );
  t.same(latencies(outside), [999, 11_000, 19_999, 30_000, 95_000], 'a long contender has no longer horizon');
});

t.test('a boot’s figures are those that were put in', async (t) => {
  // 8 ms late on each CPU for the first 3 wake-ups after an entry, 50 us else
  const samples = madeUpSamples({
    latencyNs: (since) => (since >= 0 && since < 3_000_000 ? 8_000_000 : 50_000),
    passes: [
      { startNs: 1, durationNs: 32_000_000 },
      { startNs: 2, durationNs: 96_000_000 },
    ],
  });
  const figures = bootFigures(samples, { horizonNs: HORIZON_NS, instructions: null, pages: 64 });
  t.same(exceedancesOf(figures, edgeAbove(1_000_000)), { events: 60, exposure: 10 });
  t.equal(endpointOf(figures, 'exceedances', edgeAbove(1_000_000)), 6);
  t.equal(endpointOf(figures, 'exceedances', edgeAbove(9_000_000)), 0);
  t.equal(Math.round(figures.excessUs ?? 0), 6 * 7950);
  t.equal(figures.worstUs, 8000);
  t.equal(figures.contenderUs, 5000);
  t.equal(figures.operationsPerSecond, 1000);
  t.equal(figures.during.total, 100);
  t.equal(figures.inside.total, 400);
});

t.test('histograms count exactly above an edge, and give quantiles to a bin', async (t) => {
  const latencies = Array.from({ length: 1000 }, (_, index) => (index + 1) * 1000);
  const histogram = logHistogram(latencies);
  t.equal(histogram.total, 1000);
  const edge = edgeAbove(700_000);
  t.ok(edge >= 700_000 && edge < 700_000 * 1.025, String(edge));
  t.equal(countAbove(histogram, edge), latencies.filter((latency) => latency > edge).length);
  t.equal(edgeAbove(edge), edge, 'an edge is its own');
  const p99 = histogramQuantile(histogram, 0.99) ?? 0;
  t.ok(p99 >= 990_000 && p99 < 990_000 * 1.023, String(p99));
  t.equal(histogramQuantile(logHistogram([]), 0.5), null);
  t.match(mergeHistograms([histogram, logHistogram([5])]), { total: 1001 });
  t.equal(logHistogram([0, 0.5, 1]).bins.length, 1, 'nothing is below 1 ns');
});

t.test('the complementary distribution ends at nothing', async (t) => {
  const points = tailOf(logHistogram([10, 10, 1000, 100_000]));
  t.same(
    points.map(({ share }) => share),
    [0.5, 0.25, 0],
  );
  t.ok(points.every(({ latencyNs }, index) => index === 0 || latencyNs > (points[index - 1]?.latencyNs ?? 0)));
  t.equal(binEdgeNs(31), 2);
});
