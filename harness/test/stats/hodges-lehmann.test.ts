// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { hodgesLehmann, ranksToDrop } from '../../stats/hodges-lehmann.ts';
import { near, x, y } from './fixtures/two-samples.ts';

t.test('the shift and its interval are those of numpy and scipy', async (t) => {
  // d = numpy.sort(numpy.subtract.outer(y, x).ravel()); numpy.median(d); k = 7 from the distribution of U; d[k - 1],
  // d[-k]
  const { estimate, interval } = hodgesLehmann(x, y);
  t.ok(near(estimate, 3.85), String(estimate));
  t.ok(near(interval?.low, 0.6) && near(interval?.high, 8.0), JSON.stringify(interval));
  t.match(hodgesLehmann(y, x), { estimate: -estimate }, 'the other way round it is the negative');
});

t.test('ranks come from the distribution of U', async (t) => {
  // scipy.stats._mannwhitneyu._MWU(m, n).cdf(k) <= tail
  const table: [number, number, number, number][] = [
    [3, 3, 0.025, 0],
    [3, 3, 0.05, 1],
    [4, 4, 0.025, 1],
    [6, 7, 0.025, 7],
    [8, 8, 0.025, 14],
    [12, 12, 0.025, 38],
    [12, 12, 0.05, 43],
    [20, 15, 0.025, 91],
    [40, 40, 0.025, 597],
  ];
  for (const [m, n, tail, k] of table) t.equal(ranksToDrop(m, n, tail), k, `${m} and ${n} at ${tail}`);
  t.ok(Math.abs(ranksToDrop(41, 41, 0.025) - 629) < 3, 'beyond, the normal distribution joins');
});

t.test('too few boots have a shift and no interval', async (t) => {
  t.same(hodgesLehmann([1, 2, 3], [2, 3, 4]), { estimate: 1, interval: null });
  t.throws(() => hodgesLehmann([], [1]), RangeError);
});
