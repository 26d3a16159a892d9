// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { LatencyFigure, LatencyRunSummary } from '../../model/latency-history.ts';
import { levelChanges } from '../../stats/change-point.ts';
import { latencySeriesOf } from '../../verdict/latency-trend.ts';

function run(
  index: number,
  exceedances: LatencyFigure | null,
  change: Partial<LatencyRunSummary> = {},
): LatencyRunSummary {
  const arm = { arm: 'v', kernelId: 'k', boots: 6, against: null, exceedances, swapoffUs: null };
  return {
    run: `r${String(index).padStart(3, '0')}`,
    startedAt: '',
    plan: 'p',
    accelerator: 'kvm',
    threshold: 'p90',
    arms: [arm],
    ...change,
  };
}

const dated = (values: readonly number[]) => values.map((value, index) => ({ run: `r${index}`, value }));
/** Levels with a spread that belongs to no order. */
const around = (level: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => level * (1 + ((index * 7919) % 11) / 50));

t.test('a host that is twice as slow changes no ratio, and a variant that is does', async (test) => {
  const slow = around(1, 24).map((spread, index) =>
    run(index, { value: (index < 12 ? 1 : 2) * spread, control: index < 12 ? 0.5 : 1 }),
  );
  test.match(latencySeriesOf(slow)[0]?.exceedances, { basis: 'ratio', changePoints: [] });
  const worse = around(1, 24).map((spread, index) =>
    run(index, { value: (index < 12 ? 1 : 2) * spread, control: 0.5 }),
  );
  const [series] = latencySeriesOf(worse);
  test.match(series?.exceedances.changePoints, [{ run: 'r012' }]);
  const [change] = series?.exceedances.changePoints ?? [];
  test.ok(change !== undefined && change.p < 0.01 && change.after > 1.9 * change.before && change.before >= 2);
});

t.test('without a control above zero in every run the figures stand as they are', async (test) => {
  test.match(latencySeriesOf([run(0, { value: 3, control: 1 }), run(1, { value: 5, control: 0 })])[0]?.exceedances, {
    basis: 'absolute',
    last: 5,
    median: 4,
  });
  test.match(latencySeriesOf([run(0, { value: 3, control: 2 }), run(1, null)])[0]?.exceedances, {
    basis: 'ratio',
    last: 1.5,
    median: 1.5,
  });
  test.same(latencySeriesOf([run(0, null)])[0]?.exceedances, {
    basis: 'absolute',
    last: null,
    median: null,
    changePoints: [],
  });
});

t.test('another plan, accelerator, threshold, arm or reference is another series', async (test) => {
  const figure = { value: 1, control: 1 };
  const [first] = run(0, figure).arms;
  if (first === undefined) throw new Error('no arm');
  const runs = [
    run(0, figure),
    run(1, figure, { plan: 'q' }),
    run(2, figure, { accelerator: 'tcg' }),
    run(3, figure, { arms: [first, { ...first, arm: 'w' }] }),
    run(4, figure, { arms: [{ ...first, against: 'w' }] }),
    run(5, figure, { threshold: 'p99' }),
  ];
  test.same(
    latencySeriesOf(runs).map(({ plan, accelerator, threshold, arm, against, points }) => [
      plan,
      accelerator,
      threshold,
      arm,
      against,
      points.length,
    ]),
    [
      ['p', 'kvm', 'p90', 'v', null, 2],
      ['q', 'kvm', 'p90', 'v', null, 1],
      ['p', 'tcg', 'p90', 'v', null, 1],
      ['p', 'kvm', 'p90', 'w', null, 1],
      ['p', 'kvm', 'p90', 'v', 'w', 1],
      ['p', 'kvm', 'p99', 'v', null, 1],
    ],
  );
  test.same(latencySeriesOf([]), []);
});

t.test('a level that changed, twice, and the same every time', async (test) => {
  const steps = [...around(1, 12), ...around(3, 12), ...around(0.2, 12)];
  test.same(
    levelChanges(dated(steps), 0.01).map(({ run: from }) => from),
    ['r12', 'r24'],
  );
  test.same(levelChanges(dated(steps), 0.01), levelChanges(dated(steps), 0.01));
});

t.test('and not where chance does as well', async (test) => {
  test.same(levelChanges(dated(around(1, 40)), 0.01), []);
  test.same(levelChanges(dated([...around(1, 4), ...around(3, 4)]), 0.01), [], 'eight runs are too few');
  test.same(levelChanges(dated([...around(1, 20), 1e9]), 0.01), [], 'one wild run is none');
  test.same(levelChanges(dated(Array.from({ length: 30 }, () => 0)), 0.01), [], 'nothing differs');
  test.same(levelChanges([], 0.01), []);
});

t.test('of histories without a change, about one in a hundred may say otherwise', async (test) => {
  let state = 12345;
  const random = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32;
  const marked = Array.from({ length: 200 }, () => dated(Array.from({ length: 30 }, random))).filter(
    (values) => levelChanges(values, 0.01).length > 0,
  );
  test.ok(marked.length <= 8, `${marked.length} of 200`);
});
