// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { paintFor } from '../../cli/colour.ts';
import { clock } from '../../cli/progress-state.ts';
import { progressTo } from '../../cli/progress.ts';
import type { ProgressEvent } from '../../model/events.ts';

/**
 * A terminal of some columns that knows what progress needs: lines, return, up, erase to the end. Returns what it
 * shows.
 */
function screen(columns: number) {
  const rows = [''];
  let row = 0;
  const write = (text: string): void => {
    for (const [, up, erase, newline, plain] of text.matchAll(/\x1b\[(\d+)A|(\x1b\[J)|(\n)|\r|([^\x1b\n\r]+)/g)) {
      if (up !== undefined) row -= Number(up);
      else if (erase !== undefined) rows.splice(row, Infinity, '');
      else if (newline !== undefined) rows[++row] ??= '';
      else if (plain !== undefined) rows[row] += plain;
    }
  };
  return { rows, write, isTTY: true, columns };
}

const BUILD: ProgressEvent = { kind: 'build-progress', variant: 'v5a', done: 3, expected: 9, etaSeconds: 64.2 };
const BUILT: ProgressEvent = { kind: 'build-done', variant: 'v5a', kernelId: 'abc', seconds: 61, cached: false };
const trial = (id: string, exposed: string): ProgressEvent[] => [
  { kind: 'step-start', step: id },
  { kind: 'step-progress', step: id, text: `${exposed} exposed swapoffs in 12.3 s` },
];
const end = (id: string, outcome: 'ok' | 'target', exposed: number): ProgressEvent => ({
  kind: 'step-end',
  step: id,
  brief: {
    ...{ outcome, words: outcome === 'ok' ? '' : 'BUG', void: false, titles: [], splat: null, cells: {} },
    measured: { value: exposed, unit: 'exposed swapoffs' },
  },
});

t.test('elsewhere than on a terminal: lasting lines, and no escape', async (test) => {
  const written: string[] = [];
  const emit = progressTo({ isTTY: false, write: (text) => written.push(text) });
  for (const event of [BUILD, BUILT, ...trial('a-0', '5'), end('a-0', 'target', 5)]) emit(event);
  emit.done();
  test.same(written, ['kernel v5a: abc built in 61 s\n', 'a-0: reproduced: BUG\n']);
});

t.test('on a terminal: what is under way and how far the whole is, below the lasting lines', async (test) => {
  const shown = screen(100);
  let now = 0;
  const emit = progressTo(shown, { now: () => now, env: { NO_COLOR: '1' } });
  emit(BUILD);
  test.same(shown.rows, ['build v5a: 3 of 9 objects, about 1:04 left']);
  emit(BUILT);
  emit({ kind: 'planned', least: 3, most: 12 });
  for (const event of trial('a-0', '5')) emit(event);
  test.same(shown.rows, [
    'kernel v5a: abc built in 61 s',
    'a-0: 5 exposed swapoffs in 12.3 s',
    '0 of 3 to 12 steps done · 0:00',
  ]);
  now = 20_000;
  emit(end('a-0', 'target', 5));
  for (const event of trial('a-1', '1,000')) emit(event);
  now = 30_000;
  emit({ kind: 'note', message: 'hm' });
  test.same(shown.rows, [
    'kernel v5a: abc built in 61 s',
    'a-0: reproduced: BUG',
    'note: hm',
    'a-1: 1,000 exposed swapoffs in 12.3 s',
    '1 of 3 to 12 steps done · 1 reproduced · 5 exposed swapoffs · 0:30 · at least 0:30 left',
  ]);
  emit(end('a-1', 'ok', 1000));
  emit(end('a-2', 'ok', 0));
  test.same(
    shown.rows.at(-1),
    '3 of 3 to 12 steps done · 1 reproduced · 2 nothing happened · 1,005 exposed swapoffs · 0:30',
    'what more evidence takes, nobody knows',
  );
  emit.done();
  test.same(shown.rows.at(-1), '');
});

t.test('no line is wider than the terminal, or the next would not be written over', async (test) => {
  const shown = screen(20);
  const emit = progressTo(shown, { now: () => 0, env: {} });
  for (let time = 0; time < 3; time++) emit(BUILD);
  test.same(shown.rows, ['build v5a: 3 of 9 o']);
});

t.test('colours only on a terminal that wants them', async (test) => {
  test.equal(paintFor({ isTTY: true }, {})('x', 'bad'), '\x1b[31mx\x1b[0m');
  for (const [output, env] of [
    [{ isTTY: false }, {}],
    [{}, {}],
    [{ isTTY: true }, { NO_COLOR: '1' }],
    [{ isTTY: true }, { TERM: 'dumb' }],
  ] as const) {
    test.equal(paintFor(output, env)('x', 'bad'), 'x');
  }
  test.equal(
    paintFor({ isTTY: true }, { NO_COLOR: '' })('x', 'good'),
    '\x1b[32mx\x1b[0m',
    'set and empty is as good as not set',
  );
});

t.test('clock', async (test) => {
  test.same([0, 7_400, 754_000, 3_723_000, -5].map(clock), ['0:00', '0:07', '12:34', '1:02:03', '0:00']);
});
