// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { judgeStress } from '../../../probe/stress/judge.ts';
import { briefOfStress, outlineOfStress, showStress, trendOfStress } from '../../../probe/stress/show.ts';
import type { Evidence } from '../../../probe/stress/trial.ts';
import { crashed, hostFault, hung, makeEvidence, makeExposure, makeProbe, wholeOf, times } from './fixtures/make.ts';

const probe = makeProbe({ variants: ['weakened', 'v5b', 'stock'] });
const clean = makeEvidence({ exposure: makeExposure(5000) });

function shown(evidence: Readonly<Record<string, readonly Evidence[]>>) {
  const seen = Object.entries(evidence).flatMap(([variant, each]) => wholeOf(variant, each));
  const verdict = judgeStress(probe, seen, { alpha: 0.05, unavailable: {} });
  return { seen, verdict, section: showStress(probe, seen, verdict), trend: trendOfStress(probe, seen, verdict) };
}

t.test('a trial counts from its counters; only the expected bug is a crash', async (t) => {
  const { section } = shown({
    weakened: [
      crashed(5, { exposure: makeExposure(5, { elapsedMs: 1500 }) }),
      hung({ exposure: makeExposure(5, { elapsedMs: 9000 }) }),
      makeEvidence(),
      makeEvidence({ exposure: null }),
    ],
  });
  const survival = section.plots.find(({ kind }) => kind === 'survival');
  t.match(survival, {
    curves: [
      {
        name: 'weakened',
        events: [
          { at: 1.5, event: true },
          { at: 9, event: false },
          { at: 20, event: false },
        ],
      },
    ],
  });
});

t.test('plots are of what raced, rates of what the words of the race say', async (t) => {
  const { section, trend } = shown({ weakened: times(3, crashed(500)), v5b: [clean], stock: [] });
  const rates = section.plots.find(({ kind }) => kind === 'rates');
  t.match(rates, { axis: 'crashes per exposed swapoff', rates: [{ name: 'weakened', value: 0.002 }, { name: 'v5b' }] });
  t.match(trend, [
    { variant: 'weakened', name: 'rate', value: { count: 3, exposure: 1500, unit: 'crashes per exposed swapoff' } },
    { variant: 'v5b', value: { count: 0, exposure: 5000 } },
    { variant: 'stock', value: { exposure: 0 } },
  ]);
  t.same(shown({}).section.plots, []);
  t.same(section.notes, ['(overlapped by a swap-in at any time, exposed or not: weakened 1,515, v5b 5,005, stock 0)']);
});

t.test('what one trial says by itself', async (t) => {
  const brief = (evidence: Evidence) => briefOfStress(probe, wholeOf('stock', [evidence])[0]!);
  t.match(brief(clean), { outcome: 'ok', words: '', measured: { value: 5000, unit: 'exposed swapoffs' } });
  t.match(brief(crashed(5)), { outcome: 'target', words: /__swap_duplicate/, titles: [/__swap_duplicate/] });
  t.match(brief(hostFault()), { outcome: 'inconclusive', void: true, words: 'fault of the host: disk full' });
  t.match(brief(hung()), { outcome: 'hang', titles: ['no progress in swap-in'], void: false });
  t.same(Object.keys(brief(clean).cells), ['swapoff()', 'overlapped', 'exposed', 'swap-in', 'seconds']);
});

t.test('what it would do', async (t) => {
  const { lines, least, most } = outlineOfStress(probe);
  t.match(lines[0], /^anon: stress anon, 3 threads, 64 pages; 2 vCPUs, 256 MiB, swap on virtio-blk/);
  t.match(lines[1], 'weakened: 2 to 6 trials of 20 s, expected target, the control');
  t.same([least, most], [6, 18]);
});
