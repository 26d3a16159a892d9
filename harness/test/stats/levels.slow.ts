// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { falseAlarms, nightsToNotice, type Nightly } from './fixtures/nights.ts';

t.setTimeout(240_000);

const SERIES = 100;
/** Of a share of 5 % of that many series: four standard errors. */
const MOST = 0.05 + 4 * Math.sqrt((0.05 * 0.95) / SERIES);

for (const autocorrelation of [null, 0.6])
  for (const bootCv of [0, 1, 2])
    t.test(`100 nights of one rate, boots with cv ${bootCv}, autocorrelation ${autocorrelation ?? 0}`, async (t) => {
      const share = falseAlarms({ kind: 'control', bootCv, autocorrelation }, SERIES);
      t.ok(share <= MOST, `false alarms in ${share}`);
    });

t.test('a control that no longer crashes, or crashes twice as often, is noticed', async (t) => {
  const job: Nightly = { kind: 'control', bootCv: 0, autocorrelation: null };
  const lost = nightsToNotice(job, 0, 0.8, 60);
  t.ok(lost <= 12, `lost: ${lost}`);
  const doubled = nightsToNotice(job, 2, 0.5, 60);
  t.ok(doubled <= 25, `doubled: ${doubled}`);
  const like = nightsToNotice({ ...job, autocorrelation: 0.6 }, 0, 0.8, 60);
  t.ok(like <= 25, `lost, nights alike: ${like}`);
});
