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
  test.match(
    trend([
      [3, 100],
      [3, 100],
      [0, 1000],
    ]),
    { state: 'gone', lastSeen: 'r001', last: { count: 0, exposure: 1000 } },
  );
  test.match(
    trend([
      [3, 100],
      [3, 100],
      [0, 30],
    ]),
    { state: 'absent' },
    'thirty swapoffs rule nothing out',
  );
  test.match(
    trend([
      [1, 100],
      [0, 0],
    ]),
    { state: 'absent' },
    'and none at all neither',
  );
});

t.test('a rate that changed with the last run', async (test) => {
  const known = repeat(5, [3, 300] as const);
  test.match(trend([...known, [30, 300]]), { change: { direction: 'higher' } });
  test.match(trend([...known, [1, 3000]]), { change: { direction: 'lower' } });
  test.equal(trend([...known, [5, 300]])?.change, null, 'five instead of three is nothing');
  test.equal(trend([[30, 300]])?.change, null, 'nothing to compare with');
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
  const steps = [...repeat(12, [1, 300] as const), ...repeat(12, [9, 300] as const)];
  test.match(changePoints(dated(steps), 0.01), [
    { run: 'r12', before: { count: 12, exposure: 3600 }, after: { count: 108, exposure: 3600 } },
  ]);
  const twice = [...steps, ...repeat(12, [0, 300] as const)];
  test.same(
    changePoints(dated(twice), 0.01).map(({ run }) => run),
    ['r12', 'r24'],
  );
  test.same(changePoints(dated(twice), 0.01), changePoints(dated(twice), 0.01), 'the same every time');
});

t.test('and not where chance does as well', async (test) => {
  const noisy = Array.from({ length: 40 }, (_, index) => [(index * 7919) % 5, 300] as const);
  test.same(changePoints(dated(noisy), 0.01), []);
  const wild = Array.from({ length: 40 }, (_, index) => [index % 2 === 0 ? 0 : 40, 300] as const);
  test.same(changePoints(dated(wild), 0.01), [], 'rates that jump every night, far beyond a binomial, are no change');
  test.same(
    changePoints(
      dated([
        [0, 300],
        [0, 300],
        [9, 300],
        [9, 300],
      ]),
      0.01,
    ),
    [],
    'four runs are too few',
  );
  test.same(changePoints(dated(repeat(30, [0, 0] as const)), 0.01), [], 'nothing was raced');
  test.same(changePoints([], 0.01), []);
});

t.test('of histories without a change, about one in a hundred may say otherwise', async (test) => {
  let state = 12345;
  const random = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32;
  let marked = 0;
  for (let history = 0; history < 200; history++) {
    const nights = Array.from(
      { length: 30 },
      () => [Array.from({ length: 20 }, random).filter((value) => value < 0.2).length, 300] as const,
    );
    if (changePoints(dated(nights), 0.01).length > 0) marked++;
  }
  test.ok(marked <= 8, `${marked} of 200`);
});
