// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { RunSummary, SignatureTrend } from '../../model/history.ts';
import { changePoints } from '../../stats/change-point.ts';
import { seriesOf } from '../../results/trend.ts';

/** Runs of one variant: crashes and exposure, a pair a run. */
function runsOf(nights: readonly (readonly [number, number])[], title = 'BUG'): RunSummary[] {
  return nights.map(([count, exposure], index) => ({
    run: `r${String(index).padStart(3, '0')}`,
    startedAt: '',
    plan: 'p',
    status: 0,
    variants: [
      {
        probe: 'anon',
        variant: 'v',
        outcome: count > 0 ? 'target' : 'closed',
        kernelId: null,
        trials: 3,
        exposure,
        signatures: count > 0 ? [{ title, count, target: true }] : [],
        figures: [],
      },
    ],
  }));
}

function trend(nights: readonly (readonly [number, number])[]): SignatureTrend | undefined {
  return seriesOf(runsOf(nights))[0]?.signatures[0];
}

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

t.test('new, known, gone, and absent without saying anything', async (test) => {
  test.match(
    trend([
      [0, 100],
      [0, 100],
      [2, 100],
    ]),
    { state: 'new', firstSeen: 'r002', lastSeen: 'r002', runsSeen: 1 },
  );
  test.match(
    trend([
      [2, 100],
      [0, 100],
      [2, 100],
    ]),
    { state: 'known', firstSeen: 'r000', lastSeen: 'r002', runsSeen: 2, total: { count: 4, exposure: 300 } },
  );
  const shown = repeat(40, [3, 100] as const);
  test.match(trend([...shown, ...repeat(10, [0, 100] as const)]), {
    ...{ state: 'gone', lastSeen: 'r039', last: { count: 0, exposure: 100 } },
    changePoints: [{ run: 'r040', after: { count: 0 } }],
  });
  test.match(trend([...shown, [0, 100_000]]), { state: 'absent' }, 'one night is one night, however long');
  test.match(trend([...shown, [0, 0]]), { state: 'absent' }, 'and none at all neither');
});

t.test('the last run is ranked among those of its level, once they are ten', async (test) => {
  const known = repeat(10, [3, 300] as const);
  test.same(trend([...known, [30, 300]])?.rank, { lower: 10, higher: 0, of: 10 });
  test.same(trend([...known, [5, 3000]])?.rank, { lower: 0, higher: 10, of: 10 });
  test.same(trend([...known, [3, 300]])?.rank, { lower: 0, higher: 0, of: 10 });
  test.equal(trend([...known.slice(1), [30, 300]])?.rank, null);
  test.equal(trend([...known, [0, 0]])?.rank, null, 'nothing was raced');
  const levels = [...repeat(20, [3, 300] as const), ...repeat(20, [30, 300] as const)];
  test.same(trend(levels)?.rank, { lower: 0, higher: 0, of: 19 });
});

t.test('series differ by plan, probe and variant', async (test) => {
  const [run] = runsOf([[1, 10]]);
  if (run === undefined) throw new Error('no run');
  const [variant] = run.variants;
  if (variant === undefined) throw new Error('no variant');
  const variants = [variant, { ...variant, variant: 'w' }, { ...variant, probe: 'shmem' }];
  const series = seriesOf([
    { ...run, variants },
    { ...run, run: 'r1', plan: 'q', variants },
  ]);
  test.same(
    series.map((each) => [each.plan, each.probe, each.variant, each.points.length]),
    [
      ['p', 'anon', 'v', 1],
      ['p', 'anon', 'w', 1],
      ['p', 'shmem', 'v', 1],
      ['q', 'anon', 'v', 1],
      ['q', 'anon', 'w', 1],
      ['q', 'shmem', 'v', 1],
    ],
  );
  test.same(seriesOf([]), []);
});

const dated = (nights: readonly (readonly [number, number])[]) =>
  nights.map(([count, exposure], index) => ({ run: `r${index}`, count, exposure }));

t.test('a change point is marked where the rate changed', async (test) => {
  const steps = [...repeat(20, [1, 300] as const), ...repeat(20, [9, 300] as const)];
  test.match(changePoints(dated(steps)), [
    { run: 'r20', before: { count: 20, exposure: 6000 }, after: { count: 180, exposure: 6000 } },
  ]);
  const twice = [...steps, ...repeat(20, [0, 300] as const)];
  test.same(
    changePoints(dated(twice)).map(({ run }) => run),
    ['r20', 'r40'],
  );
});

t.test('and not where chance does as well', async (test) => {
  const noisy = Array.from({ length: 40 }, (_, index) => [(index * 7919) % 5, 300] as const);
  test.same(changePoints(dated(noisy)), []);
  const wild = Array.from({ length: 40 }, (_, index) => [index % 2 === 0 ? 0 : 40, 300] as const);
  test.same(changePoints(dated(wild)), [], 'rates that jump every night, far beyond a binomial, are no change');
  test.same(
    changePoints(
      dated([
        [0, 300],
        [0, 300],
        [9, 300],
        [9, 300],
      ]),
    ),
    [],
    'four runs are too few',
  );
  test.same(changePoints(dated(repeat(30, [0, 0] as const))), [], 'nothing was raced');
  test.same(changePoints([]), []);
});
