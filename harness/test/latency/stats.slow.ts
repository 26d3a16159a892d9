// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { clusterBootstrap } from '../../latency/stats/bootstrap.ts';
import { hodgesLehmann, ranksToDrop } from '../../latency/stats/hodges-lehmann.ts';
import { holm } from '../../latency/stats/holm.ts';
import { midranks, permutationTest } from '../../latency/stats/permutation.ts';
import { seededRandom, shuffled } from '../../model/random.ts';
import { rateRatio } from '../../latency/stats/rate-ratio.ts';

const x = [12.1, 14.3, 9.8, 11.0, 13.7, 10.2];
const y = [15.9, 14.3, 18.2, 13.1, 21.7, 16.4, 12.6];

function near(actual: number | undefined, wanted: number, tolerance = 1e-9): boolean {
  return actual !== undefined && Math.abs(actual - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
}

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

t.test('the permutation test is that of scipy, ties or not', async (t) => {
  // r = rankdata(x + y); permutation_test((r[:m], r[m:]), difference of means, n_resamples=inf,
  // alternative='two-sided')
  t.match(permutationTest(x, y, 1), { exact: true, least: 2 / 1716 });
  t.ok(near(permutationTest(x, y, 1).p, 0.016317016317016316));
  t.ok(near(permutationTest([1, 2, 2, 3], [2, 3, 4, 4], 1).p, 0.2));
  t.ok(near(permutationTest([0, 0, 0, 1], [0, 0, 5, 6, 7], 1).p, 0.23809523809523808));
});

t.test('every arrangement is counted while the figures are few, and drawn from a seed beyond', async (t) => {
  const steps = (count: number, by: number) => Array.from({ length: count }, (_, i) => 2 * i + by);
  // scipy.stats.mannwhitneyu(a, b, method='exact').pvalue
  const counted = permutationTest(steps(12, 0), steps(12, 5.5), 7);
  t.ok(near(counted.p, 0.12768789966259345), String(counted.p));
  const drawn = permutationTest(steps(31, 0), steps(31, 9), 7);
  t.equal(drawn.exact, false);
  t.ok(Math.abs(drawn.p - 0.053) < 0.02, String(drawn.p));
  t.same(permutationTest(steps(31, 0), steps(31, 9), 7), drawn);
  t.not(permutationTest(steps(31, 0), steps(31, 9), 8).p, drawn.p);
});

t.test('equal figures share their ranks', async (t) => {
  t.same(midranks([5, 1, 5, 5, 2]), [4, 1, 4, 4, 2]);
});

t.test('the rate ratio is the linearised one, with Welch’s degrees of freedom', async (t) => {
  // exp(log rb - log ra -+ scipy.stats.t.ppf(0.975, df) * sqrt(va + vb)), v = n/(n-1) * sum((e - r*x)**2) / sum(e)**2
  const a = [
    [3, 200],
    [5, 200],
    [2, 180],
    [4, 210],
  ] as const;
  const b = [
    [9, 200],
    [14, 200],
    [8, 190],
    [12, 205],
    [6, 200],
  ] as const;
  const counts = (rows: readonly (readonly [number, number])[]) =>
    rows.map(([events, exposure]) => ({ events, exposure }));
  const ratio = rateRatio(counts(a), counts(b));
  t.ok(near(ratio?.estimate, 2.7788944723618085));
  t.ok(
    near(ratio?.interval.low, 1.6543001722074513, 1e-6) && near(ratio?.interval.high, 4.667988686852796, 1e-6),
    JSON.stringify(ratio),
  );
  t.equal(
    rateRatio(counts(a), [
      { events: 0, exposure: 9 },
      { events: 0, exposure: 9 },
    ]),
    null,
    'no event, no ratio',
  );
  t.equal(rateRatio(counts(a), [{ events: 3, exposure: 9 }]), null, 'one boot says nothing of others');
});

t.test('Holm multiplies the smallest by all, and never orders anew', async (t) => {
  // statsmodels.stats.multitest.multipletests(p, method='holm')[1]
  t.same(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
  t.same(holm([0.5, 0.9]), [1, 1]);
  t.same(holm([]), []);
});

t.test('the bootstrap draws whole boots, the same from the same seed', async (t) => {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const difference = (a: readonly number[], b: readonly number[]) => mean(b) - mean(a);
  const interval = clusterBootstrap(x, y, difference, { seed: 3 });
  t.ok(interval !== null && interval.low > 0 && interval.low < 4.18 && interval.high > 4.18, JSON.stringify(interval));
  t.same(clusterBootstrap(x, y, difference, { seed: 3 }), interval);
  t.equal(clusterBootstrap([1], y, difference, { seed: 3 }), null);
  t.equal(
    clusterBootstrap(x, y, () => null, { seed: 3 }),
    null,
  );
});

t.test('random numbers are uniform, and neighbouring seeds have nothing in common', async (t) => {
  const firsts = Array.from({ length: 2000 }, (_, seed) => seededRandom(seed)());
  const mean = firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
  t.ok(Math.abs(mean - 0.5) < 0.03, `mean of first numbers ${mean}`);
  t.ok(firsts.every((value) => value >= 0 && value < 1));
  const places = new Array(5).fill(0);
  const random = seededRandom(1);
  for (let i = 0; i < 5000; i++) places[shuffled([0, 1, 2, 3, 4], random).indexOf(0)]++;
  t.ok(
    places.every((count) => Math.abs(count - 1000) < 150),
    String(places),
  );
});
