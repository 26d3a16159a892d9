// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { survivalCurve, type Spell } from '../../stats/survival.ts';

const spell = (seconds: number, crashed = true): Spell => ({ seconds, crashed });
const near = (a: number | undefined, b: number) => a !== undefined && Math.abs(a - b) < 5e-4;

t.test('the textbook: maintained group of the acute myelogenous leukaemia study', async (test) => {
  // Miller 1997, table 2.1; R's survival::aml. Shares and log-log intervals as survfit(conf.type="log-log") has them.
  const spells = [
    spell(9),
    spell(13),
    spell(13, false),
    spell(18),
    spell(23),
    spell(28, false),
    spell(31),
    spell(34),
    spell(45, false),
    spell(48),
    spell(161, false),
  ];
  const { steps, median, censored, crashes, trials, end } = survivalCurve(spells);
  test.same(
    steps.map(({ seconds }) => seconds),
    [0, 9, 13, 18, 23, 31, 34, 48],
  );
  test.same(
    steps.map(({ atRisk }) => atRisk),
    [11, 11, 10, 8, 7, 5, 4, 2],
  );
  const shares = [1, 0.9091, 0.8182, 0.7159, 0.6136, 0.4909, 0.3682, 0.1841];
  steps.forEach(({ share }, index) => test.ok(near(share, shares[index] ?? NaN), `${share}`));
  test.ok(near(steps[1]?.low, 0.5081) && near(steps[1]?.high, 0.9867));
  test.ok(near(steps[2]?.low, 0.4474) && near(steps[2]?.high, 0.9512));
  test.equal(median, 31);
  test.same(censored, [13, 28, 45, 161]);
  test.same([crashes, trials, end], [7, 11, 161]);
});

t.test('all crashed: nothing is left, and the interval says how little that means', async (test) => {
  const { steps, median } = survivalCurve([spell(1), spell(2)]);
  test.match(steps.at(-1), { share: 0, low: 0 });
  test.equal(steps.at(-1)?.high, steps.at(-2)?.high);
  test.equal(median, 1);
});

t.test('none crashed, and none at all', async (test) => {
  test.match(survivalCurve([spell(20, false), spell(19, false)]), {
    median: null,
    crashes: 0,
    end: 20,
    steps: [{ share: 1 }],
  });
  test.match(survivalCurve([]), { trials: 0, end: 0, median: null });
});

t.test('two crashes at one moment are one step', async (test) => {
  test.match(survivalCurve([spell(5), spell(5), spell(9, false)]).steps, [{ share: 1 }, { seconds: 5, atRisk: 3 }]);
});
