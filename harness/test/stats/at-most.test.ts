// SPDX-License-Identifier: GPL-2.0-only
import jstat from 'jstat';
import t, { type Test } from 'tap';
import { seededRandom, type Random } from '../../model/random.ts';
import { atMost, BOOT_CV } from '../../stats/at-most.ts';

const near = (t: Test, found: number, wanted: number, what: string): void =>
  void t.ok(Math.abs(found / wanted - 1) < 1e-3, `${what}: ${found}, not ${wanted}`);

t.test('boots that are alike give the rule of three, however they are cut', async (t) => {
  const wanted = -Math.log(0.05) / 300;
  near(t, atMost([300], { cv: 0 }), wanted, 'one boot');
  near(t, atMost([100, 0, 150, 50], { cv: 0 }), wanted, 'several');
});

t.test('boots that differ make the limit larger, the more so the fewer they are', async (t) => {
  // By hand: (1 + 4·100·x)^(-1/4 · 12) = 0.05.
  near(t, atMost(Array.from({ length: 12 }, () => 100)), (0.05 ** (-1 / 3) - 1) / 400, 'twelve boots');
  t.ok(atMost([1200]) > 10 * atMost(Array.from({ length: 12 }, () => 100)), 'one long boot is one boot');
  const spread = [0, 0.5, 1, BOOT_CV].map((cv) => atMost([100, 100, 100], { cv }));
  t.same(
    spread,
    [...spread].sort((a, b) => a - b),
  );
});

t.test('nothing exposed, nothing known', async (t) => {
  t.equal(atMost([]), Infinity);
  t.equal(atMost([0, 0]), Infinity);
});

/** A rate of its own for a boot, gamma-distributed around `mean`; by the inverse of its distribution. */
function rateOf(mean: number, cv: number, random: Random): number {
  return cv === 0 ? mean : jstat.gamma.inv(random(), 1 / (cv * cv), mean * cv * cv);
}

t.test('at the limit nothing is seen in at most 5 % of runs, whatever the boots differ by', async (t) => {
  const runs = 2_000;
  for (const exposures of [
    [200, 200, 200],
    [50, 400, 100, 100, 250, 80, 90, 300],
  ]) {
    const rate = atMost(exposures);
    for (const cv of [0, 0.5, 1, 2]) {
      const random = seededRandom(7);
      let silent = 0;
      for (let run = 0; run < runs; run++) {
        if (exposures.every((exposure) => random() < Math.exp(-rateOf(rate, cv, random) * exposure))) silent++;
      }
      // Four standard errors of a share of 5 %.
      t.ok(silent / runs <= 0.05 + 4 * Math.sqrt((0.05 * 0.95) / runs), `cv ${cv}: ${silent} of ${runs}`);
    }
  }
});
