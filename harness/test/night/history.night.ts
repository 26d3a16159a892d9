// SPDX-License-Identifier: GPL-2.0-only
/** How often a history marks a change where there is nothing, and how soon a real one; docs/reports.md has the figures. */
import t from 'tap';
import { falseAlarms, nightsToNotice, type Nightly } from '../stats/fixtures/nights.ts';

const SERIES = 1000;
const MOST = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / SERIES);
const KINDS: readonly Nightly['kind'][] = ['control', 'rate of hangs'];

for (const kind of KINDS)
  for (const autocorrelation of [null, 0, 0.3, 0.6, 0.8])
    for (const bootCv of [0, 0.5, 1, 2]) {
      const job = { kind, bootCv, autocorrelation };
      t.test(`false alarms: ${JSON.stringify(job)}`, async (t) => {
        const share = falseAlarms(job, SERIES);
        t.comment(`${(100 * share).toFixed(1)} %`);
        if (autocorrelation !== 0.8) t.ok(share <= MOST, `${share}`);
      });
    }

for (const kind of KINDS)
  for (const autocorrelation of [null, 0.6])
    for (const bootCv of [0, 1, 2])
      for (const factor of [0, 2, 4])
        t.test(`power: ${JSON.stringify({ kind, bootCv, autocorrelation, factor })}`, async (t) => {
          const [half, most] = [0.5, 0.8].map((share) =>
            nightsToNotice({ kind, bootCv, autocorrelation }, factor, share, 200),
          ) as [number, number];
          t.comment(`half within ${half} nights, four in five within ${most}`);
          if (factor === 0 && kind === 'control') t.ok(most <= 25, `${most}`);
        });
