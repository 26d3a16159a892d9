// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { exposureNeeded, fisherLower, rateOf } from '../../stats/exact.ts';

function near(actual: number, wanted: number, tolerance: number): boolean {
  return actual === wanted || Math.abs(actual - wanted) < tolerance * Math.abs(wanted);
}

t.test('Clopper-Pearson bounds are those of scipy', async (test) => {
  // scipy.stats: beta.ppf(0.025, x, n - x + 1), beta.ppf(0.975, x + 1, n - x); 0 for x = 0 and 1 for x = n
  const table: [number, number, number, number][] = [
    [0, 1, 0, 0.975],
    [1, 1, 0.025000000000000022, 1],
    [0, 59, 0, 0.060608900950339835],
    [3, 1500, 0.0004126381429006494, 0.005833621858616864],
    [1, 10, 0.0025285785444617865, 0.4450161170281954],
    [20, 1_000_000, 1.2216561020974468e-5, 3.088820974043738e-5],
    [1, 1_000_000, 2.53178076637942e-8, 5.571630655166939e-6],
    [0, 1_000_000, 0, 3.688872650206488e-6],
    [500, 1_000_000, 0.00045713814855847455, 0.0005457967656540888],
  ];
  for (const [events, exposure, low, high] of table) {
    const rate = rateOf({ events, exposure });
    test.ok(near(rate.low, low, 1e-7), `low of ${events}/${exposure}: ${rate.low}`);
    test.ok(near(rate.high, high, 1e-7), `high of ${events}/${exposure}: ${rate.high}`);
    test.equal(rate.confidence, 0.95);
  }
});

t.test('without exposure a rate may be anything', async (test) => {
  test.match(rateOf({ events: 0, exposure: 0 }), { low: 0, high: 1 });
});

t.test('another confidence gives another interval', async (test) => {
  const rate = rateOf({ events: 3, exposure: 1500 }, 0.9);
  test.ok(rate.low > 0.0004126381429006494 && rate.high < 0.005833621858616864);
  test.equal(rate.confidence, 0.9);
});

t.test('more events than exposures is a fault of the caller', async (test) => {
  test.throws(() => rateOf({ events: 2, exposure: 1 }), RangeError);
});

t.test("Fisher's exact p is that of scipy", async (test) => {
  // scipy.stats.hypergeom.cdf(x, n + m, x + k, n): x of n in the variant, k of m in the control
  const table: [number, number, number, number, number][] = [
    [0, 1000, 1, 1000, 0.5],
    [0, 3000, 3, 1500, 0.036987650665449325],
    [0, 2569, 3, 1500, 0.05003361688322005],
    [0, 10, 0, 10, 1],
    [1, 10_000, 3, 1500, 0.007995703039881497],
    [5, 1_000_000, 40, 1_000_000, 3.938011602374343e-8],
    [0, 1_000_000, 5, 1_000_000, 0.031249843754737664],
    [250, 1_000_000, 300, 900_000, 0.00044000473834591536],
    [3, 1500, 3, 1500, 0.656406458646326],
    [2, 5, 4, 4, 0.11904761904761903],
    [0, 0, 3, 100, 1],
    [7, 10, 2, 3, 0.7972027972027972],
    [0, 20_000, 1, 1000, 0.047619047619047616],
    [10, 1_000_000, 2, 100, 6.528433711682085e-7],
  ];
  for (const [x, n, k, m, p] of table) {
    const actual = fisherLower({ events: x, exposure: n }, { events: k, exposure: m });
    test.ok(near(actual, p, 1e-9), `p of ${x}/${n} against ${k}/${m}: ${actual}`);
  }
});

t.test('a probability is never above 1', async (test) => {
  const p = fisherLower({ events: 900, exposure: 1000 }, { events: 3, exposure: 5000 });
  test.ok(p <= 1 && p > 0.999);
});

t.test('exposure needed is the least that suffices', async (test) => {
  // the least n with scipy.stats.hypergeom.cdf(x, n + m, x + k, n) < 0.05
  const table: [number, number, number, number][] = [
    [0, 1, 10, 191],
    [0, 3, 1500, 2570],
    [1, 3, 1500, 4532],
    [0, 5, 400, 327],
  ];
  for (const [events, k, m, needed] of table) {
    test.equal(exposureNeeded(events, { events: k, exposure: m }, 0.05), needed);
  }
  test.equal(exposureNeeded(0, { events: 5, exposure: 5 }, 0.5), 1, 'one exposure can be enough');
});

t.test('no exposure suffices against a control that did not crash', async (test) => {
  test.equal(exposureNeeded(0, { events: 0, exposure: 1000 }, 0.05), null);
});
