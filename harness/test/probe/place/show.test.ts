// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { PointOutcome } from '../../../model/interleave.ts';
import { judgePlaced } from '../../../probe/place/judge.ts';
import { briefOfPlaced, outlineOfPlaced, showPlaced, trendOfPlaced } from '../../../probe/place/show.ts';
import { HANG, makePlaceSpec, makeSeen, OOPS, UNKNOWN, WAITED, type Placed } from './fixtures/make.ts';

const probe = makePlaceSpec({
  expect: { weakened: { accept: ['target'], known: [] }, stock: { accept: ['closed', 'hang'], known: ['hang'] } },
});

function section(stock: readonly PointOutcome[], control: readonly PointOutcome[] = [OOPS, WAITED], over = probe) {
  const { hold } = over;
  const seen: Placed[] = [makeSeen('weakened', control, { hold }), makeSeen('stock', stock, { hold })];
  return showPlaced(over, seen, judgePlaced(over, seen, { unavailable: {} }));
}

t.test('maps stand below each other, with where each finding is held', async (t) => {
  const shown = section([WAITED, HANG, HANG]);
  t.match(shown.title, /^placed: fault held by preempt at the first instruction of every function, swapoff meanwhile;/);
  t.match(shown.rows, [
    {
      variant: 'weakened',
      cells: ['2 of 100', /^\|# +\|$/],
      remarks: [/^oops: BUG: .* in __swap_duplicate: held at do_swap_page$/],
    },
    {
      variant: 'stock',
      outcome: 'hang',
      cells: ['3 of 100', /^\|H+ +\|$/],
      narrow: ['3 of 100 points explored: 2 hang, 1 waited'],
      remarks: ['hang in swap_cluster_readahead: held at do_swap_page+0x4..do_swap_page+0x8'],
    },
  ]);
  t.match(shown.legend, [/# oops .* blank: not explored$/]);
  t.match(shown.points, [
    { id: 'weakened', status: 'pass', splat: 'BUG: …', steps: ['placed-weakened-0'] },
    { id: 'stock', status: 'known', message: 'known finding: hang', splat: null },
  ]);
  t.match(shown.findings, [
    { title: /__swap_duplicate/, target: true, step: 'placed-weakened-0', splat: { type: 'null-deref' } },
    { variant: 'stock', count: 2, unit: 'point', lines: ['held: swap_cluster_readahead < do_swap_page'] },
  ]);
});

t.test('every form says how long the path is, where it ends, and what the repeats support', async (t) => {
  const { notes, points } = section([WAITED]);
  const path = /the path: 100 instructions from do_swap_page to __swap_duplicate returned/;
  const bound = /1 attempt at a point in 1 guest: what fails in up to 95 % of attempts there may have been missed/;
  for (const pattern of [path, bound]) {
    t.match(notes[1], pattern);
    t.match(points[1]?.details.join('\n'), pattern);
  }
  t.match(section([WAITED], [OOPS], { ...probe, hold: 'stall' }).notes, [
    /weakened/,
    /stock: 1 of 100/,
    /^stock: 1 point that waited under stall says nothing of a fix/,
  ]);
});

t.test('what is not known says why; a blind probe says so', async (t) => {
  const shown = section([UNKNOWN]);
  t.match(shown.rows[1], { outcome: 'inconclusive', remarks: [/^1 of 100 points, 1 of them inconclusive/] });
  t.match(shown.points[1], { status: 'error' });
  t.equal(section([WAITED], [WAITED]).blind, 'the map of weakened does not show the bug');
  const none = showPlaced(
    probe,
    [],
    judgePlaced(probe, [], { unavailable: { stock: 'its kernel could not be built' } }),
  );
  t.match(none.rows, [{ cells: [], remarks: ['it was not explored'] }, { remarks: ['its kernel could not be built'] }]);
  t.same([none.plots, none.legend, none.findings], [[], [], []]);
});

t.test('plots: strips, the worst race in two columns, a table of windows a map', async (t) => {
  const { plots } = section([WAITED, HANG]);
  t.match(plots, [
    {
      kind: 'strip',
      rows: [
        { name: 'weakened', cells: /^#w +$/ },
        { name: 'stock', cells: /^wH +$/ },
      ],
    },
    {
      kind: 'race',
      left: 'CPU 1: swap-in',
      right: 'CPU 0: swapoff',
      steps: [
        { column: 'left', text: 'do_swap_page' },
        { text: /^held \(a real-time thread has its CPU\) at do_swap_page$/ },
        { column: 'right', text: 'swapoff' },
        { column: 'right', text: 'returns' },
        { column: 'left', text: 'goes on' },
        { text: /^!!! BUG: /, crash: true },
      ],
    },
    {
      kind: 'table',
      rows: [
        ['0', '1 of 1', /^oops: /, 'do_swap_page'],
        ['1', '1 of 1', /waited/, 'do_swap_page+0x4'],
      ],
    },
    { kind: 'table' },
  ]);
});

t.test('in short: a step, what is planned, and what the history compares', async (t) => {
  const seen = makeSeen('stock', [WAITED, HANG]);
  t.match(briefOfPlaced(probe, seen), {
    ...{ outcome: 'hang', void: false, measured: { value: 2, unit: 'points' }, splat: null },
    ...{ titles: ['hang in swap_cluster_readahead'], cells: { points: 2, of: 100 } },
  });
  t.match(briefOfPlaced(probe, makeSeen('stock', [WAITED])), { outcome: 'ok' }, 'without a look at the control');
  t.match(outlineOfPlaced({ ...probe, repeats: 4, guests: 2 }), {
    lines: [/^placed: place fault, preempt hold/, /^weakened: expected target, the control/, /stock/],
    least: 4,
    most: 4,
  });
  t.match(trendOfPlaced(probe, [seen], judgePlaced(probe, [seen], { unavailable: {} })), [
    { variant: 'weakened', name: 'target', value: { count: 0, exposure: 0 } },
    { variant: 'stock', name: 'target', value: { count: 0, exposure: 2, unit: 'point' } },
    { variant: 'stock', name: 'hang in swap_cluster_readahead', value: { count: 1, exposure: 2 } },
  ]);
});
