// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { bootFigures } from '../../../../probe/latency/boot/figures.ts';
import { phaseFigures, type PhaseFigures } from '../../../../probe/latency/boot/phases.ts';
import type { LatencySamples, ReaderWait } from '../../../../probe/latency/types.ts';
import { madeUpSamples, regularWindows, workload } from '../fixtures/made-up.ts';

const HORIZON_NS = workload.horizonUs * 1000;
const MS = 1_000_000;

/** Wake-ups due 1.7 to 3.7 ms after an entry are 2 ms later than others; the made-up cycles last 5 ms. */
function samplesOf(waits?: readonly ReaderWait[]): LatencySamples {
  const samples = madeUpSamples({ latencyNs: (since) => (since >= 1.7 * MS && since < 3.7 * MS ? 2_050_000 : 50_000) });
  return waits === undefined ? samples : { ...samples, waits };
}

const waitsFrom = (fromMs: number, toMs: number): ReaderWait[] =>
  regularWindows().map(({ startNs }) => ({ fromNs: startNs + fromMs * MS, toNs: startNs + toMs * MS }));
const rounded = (figures: readonly PhaseFigures[] | null) =>
  Object.fromEntries(
    (figures ?? []).map(({ phase, lastsUs, excessUs }) => [phase, [Math.round(lastsUs), Math.round(excessUs)]]),
  );

t.test('what is late during the wait is the wait’s', async (t) => {
  // Two CPUs with two late wake-ups each, 2 ms.
  t.same(rounded(phaseFigures(samplesOf(waitsFrom(1.5, 4)), HORIZON_NS)), {
    before: [1500, 0],
    wait: [2500, 8000],
    after: [1000, 0],
    returned: [15_000, 0],
  });
  t.same(rounded(phaseFigures(samplesOf(waitsFrom(3, 4)), HORIZON_NS)), {
    before: [3000, 8000],
    wait: [1000, 0],
    after: [1000, 0],
    returned: [15_000, 0],
  });
  t.same(rounded(phaseFigures(samplesOf(waitsFrom(0.5, 1)), HORIZON_NS)), {
    before: [500, 0],
    wait: [500, 0],
    after: [4000, 8000],
    returned: [15_000, 0],
  });
});

t.test(
  'several waits are one; a contender that never waits is all before it; waits of others count for nothing',
  async (t) => {
    const twice = [...waitsFrom(1.5, 2), ...waitsFrom(3, 4)].sort((a, b) => a.fromNs - b.fromNs);
    t.same(rounded(phaseFigures(samplesOf(twice), HORIZON_NS)).wait, [2500, 8000]);
    t.same(rounded(phaseFigures(samplesOf([]), HORIZON_NS)), { before: [5000, 8000], returned: [15_000, 0] });
    t.same(rounded(phaseFigures(samplesOf(waitsFrom(6, 7)), HORIZON_NS)), {
      before: [5000, 8000],
      returned: [15_000, 0],
    });
  },
);

t.test('where waits were not traced, contender is one phase; its horizon cuts it off', async (t) => {
  t.same(rounded(phaseFigures(samplesOf(), HORIZON_NS)), { contender: [5000, 8000], returned: [15_000, 0] });
  t.same(rounded(phaseFigures(samplesOf(), 3 * MS)), { contender: [3000, 8000], returned: [0, 0] });
  t.same(rounded(phaseFigures(samplesOf(waitsFrom(1.5, 4)), 2 * MS)).after, [0, 0]);
  t.equal(phaseFigures({ ...samplesOf(), wakeUps: [] }, HORIZON_NS), null);
});

t.test('the phases add up to the excess', async (t) => {
  for (const samples of [samplesOf(), samplesOf(waitsFrom(1.5, 4))]) {
    const { excessUs, phases } = bootFigures(samples, { horizonNs: HORIZON_NS, pages: 64, instructions: null });
    t.equal(Math.round((phases ?? []).reduce((sum, each) => sum + each.excessUs, 0)), Math.round(excessUs ?? 0));
    t.equal(Math.round((phases ?? []).reduce((sum, { lastsUs }) => sum + lastsUs, 0)), workload.horizonUs);
  }
});
