// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { leastSignedRank, signedRankTest, signedShift } from '../../stats/signed-rank.ts';

t.test('all to one side is the least p of this many blocks', async (t) => {
  for (const blocks of [1, 5, 6, 8]) {
    const { p, least } = signedRankTest(Array.from({ length: blocks }, (_, at) => at + 1));
    t.equal(p, least);
    t.equal(least, Math.min(1, 2 / 2 ** blocks));
    t.equal(leastSignedRank(blocks), least);
  }
});

t.test('known figures', async (t) => {
  // Hollander and Wolfe's depression scores: V = 40 of 45, two-sided p 0.0390625 (R: wilcox.test, exact).
  const x = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
  const y = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
  const differences = x.map((value, at) => value - (y[at] as number));
  t.equal(signedRankTest(differences).p, 0.0390625);
  const { estimate, interval } = signedShift(differences);
  t.ok(Math.abs(estimate - 0.46) < 1e-9, String(estimate));
  t.ok(
    interval !== null && Math.abs(interval.low - 0.01) < 1e-9 && Math.abs(interval.high - 0.786) < 1e-9,
    JSON.stringify(interval),
  );
});

t.test('ties and differences of 0 do no harm', async (t) => {
  t.equal(signedRankTest([0, 0, 0]).p, 1);
  t.equal(signedRankTest([1, -1]).p, 1);
  t.equal(signedRankTest([0, 0, 1, 1, 1]).p, 0.25);
  t.equal(signedRankTest([]).p, 1);
  t.same(signedShift([0, 0, 0, 0, 0, 0]).interval, { low: 0, high: 0, confidence: 0.95 });
});

t.test('too few blocks have no interval', async (t) => {
  t.equal(signedShift([1, 2, 3, 4, 5]).interval, null);
  t.match(signedShift([1, 2, 3, 4, 5, 6]).interval, { low: 1, high: 6 });
  t.throws(() => signedShift([]), RangeError);
});
