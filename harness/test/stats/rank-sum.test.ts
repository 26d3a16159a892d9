// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { rankSumTest } from '../../stats/rank-sum.ts';
import { near, x, y } from './fixtures/two-samples.ts';

t.test('the permutation test is that of scipy, ties or not', async (t) => {
  // r = rankdata(x + y); permutation_test((r[:m], r[m:]), difference of means, n_resamples=inf,
  // alternative='two-sided')
  t.match(rankSumTest(x, y, 1), { exact: true, least: 2 / 1716 });
  t.ok(near(rankSumTest(x, y, 1).p, 0.016317016317016316));
  t.ok(near(rankSumTest([1, 2, 2, 3], [2, 3, 4, 4], 1).p, 0.2));
  t.ok(near(rankSumTest([0, 0, 0, 1], [0, 0, 5, 6, 7], 1).p, 0.23809523809523808));
});

t.test('every arrangement is counted while the figures are few, and drawn from a seed beyond', async (t) => {
  const steps = (count: number, by: number) => Array.from({ length: count }, (_, i) => 2 * i + by);
  // scipy.stats.mannwhitneyu(a, b, method='exact').pvalue
  const counted = rankSumTest(steps(12, 0), steps(12, 5.5), 7);
  t.ok(near(counted.p, 0.12768789966259345), String(counted.p));
  const drawn = rankSumTest(steps(31, 0), steps(31, 9), 7);
  t.equal(drawn.exact, false);
  t.ok(Math.abs(drawn.p - 0.053) < 0.02, String(drawn.p));
  t.same(rankSumTest(steps(31, 0), steps(31, 9), 7), drawn);
  t.not(rankSumTest(steps(31, 0), steps(31, 9), 8).p, drawn.p);
});
