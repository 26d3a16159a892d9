// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { rateRatio } from '../../stats/rate-ratio.ts';
import { near } from './fixtures/two-samples.ts';

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
