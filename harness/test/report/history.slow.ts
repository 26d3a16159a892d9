// SPDX-License-Identifier: GPL-2.0-only
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import type { RunSummary } from '../../model/history.ts';
import { historyText } from '../../report/history-text.ts';
import { historyHtml } from '../../report/html/history.ts';
import { seriesOf } from '../../results/trend.ts';
import { openBrowser, openPage, withoutBrowser } from './fixtures/browser.ts';

const NIGHTS = 90;
const runs: RunSummary[] = Array.from({ length: NIGHTS }, (_, index) => ({
  run: `20260101T000000.${String(index).padStart(3, '0')}Z-abcdef`,
  startedAt: `2026-01-01T00:00:00.${String(index).padStart(3, '0')}Z`,
  plan: 'nightly',
  status: index === NIGHTS - 1 ? 1 : 0,
  variants: [
    {
      probe: 'anon',
      variant: 'weakened',
      outcome: 'target',
      kernelId: 'k',
      trials: 3,
      exposure: 300,
      signatures: [{ title: 'BUG: <b>the one</b>', count: index < 60 ? 1 : 12, target: true }],
      figures: [],
    },
    {
      probe: 'anon',
      variant: 'stock',
      outcome: index === NIGHTS - 1 ? 'hang' : 'closed',
      kernelId: 'k',
      trials: 1,
      exposure: 3000,
      signatures: index === NIGHTS - 1 ? [{ title: 'no progress', count: 1, target: false }] : [],
      figures: [],
    },
  ],
}));
const series = seriesOf(runs);
const linkOf = (run: string) => `${run}/report.txt`;

const figure = (name: string, ratio: number | null, absolute: number, unit: string) => ({
  name,
  ratio,
  absolute,
  unit,
});
const measured: RunSummary[] = Array.from({ length: 40 }, (_, index) => ({
  run: `20260201T000000.${String(index).padStart(3, '0')}Z-abcdef`,
  startedAt: '',
  plan: 'rt',
  status: 0,
  variants: [
    {
      ...{ probe: 'rt', variant: '<i>v5a', outcome: 'measured', kernelId: 'k' },
      ...{ trials: 6, exposure: 6, signatures: [] },
      figures: [
        figure('exceedances', index < 20 ? 0.5 : 2, index < 20 ? 0.2 : 0.8, ''),
        figure('swapoff() itself', null, 24_500, 'us'),
      ],
    },
  ],
}));

t.test('figures as text', async (test) => {
  const text = historyText(measured, seriesOf(measured));
  for (const wanted of [
    /\nplan rt\n {2}rt\/<i>v5a {2}m{30} {2}40 measured\n/,
    /\n {6}exceedances, to the run’s control: last 2x, median 1\.25x\n {8}from 20260201T000000\.020Z-abcdef on: 0\.5x → 2x\n/,
    /\n {6}swapoff\(\) itself, absolute: last 24500 us, median 24500 us\n/,
    /Absolute\s+figures mean nothing\s+across hosts/,
  ])
    test.match(text, wanted);
  for (const line of text.split('\n')) test.ok(line.length <= 99, line);
});

t.test('figures on the page: escaped, linked, marked', async (test) => {
  const html = historyHtml({ runs: measured, series: seriesOf(measured), linkOf });
  test.notMatch(html, '<i>');
  test.match(html, /exceedances, to the run’s control: last 2x, median 1\.25x/);
  test.match(html, 'Absolute figures mean nothing across hosts');
});

t.test('as text', async (test) => {
  const text = historyText(runs, series);
  for (const wanted of [
    /^90 runs, 20260101T000000\.000Z-abcdef to /,
    /\nplan nightly\n/,
    /\n {2}anon\/weakened {2}#{30} {2}90 reproduced\n/,
    /\n {2}anon\/stock {5}\.{29}H {2}89 closed, 1 hang\n/,
    /\n {6}known: BUG: <b>the one<\/b>; in 90 runs, 420 in\s+27,000 exposed; last run 12 in 300 exposed; a\s+rate above 0 and below 0 of 29 runs before\n/,
    /\n {8}from 20260101T000000\.060Z-abcdef on: 60 in 18,000 exposed → 360 in 9,000 exposed\n/,
    /\n {6}new: no progress; in 1 run/,
  ])
    test.match(text, wanted);
  for (const line of text.split('\n')) test.ok(line.length <= 99, line);
  test.equal(historyText([], []), 'no finished run\n');
});

t.test('as a page: escaped, linked, marked', async (test) => {
  const html = historyHtml({ runs, series, linkOf });
  test.equal(historyHtml({ runs, series, linkOf }), html);
  test.match(html, 'BUG: &lt;b&gt;the one&lt;/b&gt;');
  test.match(html, '30 older runs');
  test.equal([...html.matchAll(/class="cell o-/g)].length, 120, 'sixty runs of each variant');
  test.equal([...html.matchAll(/class="cell o-oops change"/g)].length, 1);
  test.match(
    html,
    /<a class="cell o-hang" href="20260101T000000\.089Z-abcdef\/report\.txt" title="[^"]*hang, 1 trial, 3,000 exposed, kernel k"/,
  );
  test.match(
    historyHtml({ runs: [], series: [], linkOf, notes: ['Cannot read <x>'] }),
    /No finished run[^]*Cannot read &lt;x&gt;/,
  );
});

t.test('in a browser', { skip: withoutBrowser }, async (test) => {
  const browser = await openBrowser((end) => test.teardown(end));
  const file = join(test.testdir({}), 'index.html');
  writeFileSync(
    file,
    historyHtml({ runs: [...runs, ...measured], series: [...series, ...seriesOf(measured)], linkOf }),
  );
  for (const width of [1280, 390]) {
    const { page, said, asked } = await openPage(browser, pathToFileURL(file).href, { width });
    test.same([said, asked], [[], []]);
    test.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
  }
});
