// SPDX-License-Identifier: GPL-2.0-only
import jstat from 'jstat';
import t from 'tap';
import { seededRandom } from '../../model/random.ts';
import { bootRate, type Boot } from '../../stats/boot-rate.ts';

const RATE = 0.01;
const RUNS = 400;

/** Boots that end with their first event or after `most` exposures, each with a rate of its own. */
function boots(count: number, most: number, cv: number, random: () => number): Boot[] {
  return Array.from({ length: count }, () => {
    const own = cv === 0 ? RATE : jstat.gamma.inv(random(), 1 / (cv * cv), RATE * cv * cv);
    const first = Math.max(1, Math.ceil(-Math.log(random()) / Math.max(own, 1e-12)));
    return first <= most ? { event: true, exposure: first } : { event: false, exposure: most };
  });
}

t.test('an interval over boots holds about as often as it says, whatever the boots differ by', async (t) => {
  for (const count of [3, 12]) {
    for (const most of [Infinity, 300, 50]) {
      for (const cv of [0, 0.5, 1, 2]) {
        const random = seededRandom(11);
        let held = 0;
        for (let run = 0; run < RUNS; run++) {
          const { low, high } = bootRate(boots(count, Math.min(most, 1e9), cv, random));
          if (low <= RATE && RATE <= high) held++;
        }
        t.ok(held / RUNS >= 0.95 - 3 * Math.sqrt((0.95 * 0.05) / RUNS), `${count} boots, ${most}, cv ${cv}: ${held}`);
      }
    }
  }
});

t.test('more boots narrow it; more exposures of one boot do so only for that boot', async (t) => {
  const width = (of: readonly Boot[]): number => {
    const { low, high } = bootRate(of);
    return Math.log(high / low);
  };
  const boot = { event: true, exposure: 100 };
  t.ok(width(Array.from({ length: 12 }, () => boot)) < width([boot, boot, boot]));
});

t.test('without an event there is no lower limit, without exposure no limit at all', async (t) => {
  t.match(bootRate([{ event: false, exposure: 100 }]), { events: 0, exposure: 100, boots: 1, low: 0 });
  t.match(bootRate([{ event: false, exposure: 0 }]), { boots: 0, low: 0, high: 1 });
  t.match(bootRate([]), { events: 0, exposure: 0, low: 0, high: 1 });
});
