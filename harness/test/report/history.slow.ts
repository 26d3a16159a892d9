// SPDX-License-Identifier: GPL-2.0-only
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import type { RunSummary } from '../../model/history.ts';
import type { LatencyRunSummary } from '../../model/latency-history.ts';
import { historyText } from '../../report/history-text.ts';
import { historyHtml } from '../../report/html/history.ts';
import { latencySeriesOf } from '../../verdict/latency-trend.ts';
import { seriesOf } from '../../verdict/trend.ts';
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
      outcome: index === NIGHTS - 1 ? 'hang' : 'clean',
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

const latencyRuns: LatencyRunSummary[] = Array.from({ length: 40 }, (_, index) => ({
  run: `20260201T000000.${String(index).padStart(3, '0')}Z-abcdef`,
  startedAt: '',
  plan: 'rt',
  threshold: 'p90',
  accelerator: 'tcg',
  arms: [
    {
      arm: '<i>v5a',
      kernelId: 'k',
      boots: 6,
      against: null,
      exceedances: { value: index < 20 ? 0.2 : 0.8, control: 0.4 },
      swapoffUs: { value: 24_500, control: null },
    },
    { arm: 'v5b', kernelId: null, boots: 0, against: '<i>v5a', exceedances: null, swapoffUs: null },
  ],
}));
const latency = latencySeriesOf(latencyRuns);

t.test('latency as text', async (test) => {
  const text = historyText(runs, series, latency);
  test.ok(text.startsWith(historyText(runs, series)), 'after everything else');
  for (const wanted of [
    /\nlatency, plan rt, tcg, threshold p90\n {2}<i>v5a {2}40 runs\n/,
    /\n {6}exceedances a swapoff, to those without swapoff: last 2x, median 1\.25x\n {8}from 20260201T000000\.020Z-abcdef on: 0\.5x → 2x \(p 0\.001\)\n/,
    /\n {6}swapoff itself, absolute: last 24\.5 ms, median 24\.5 ms\n {2}v5b {2}40 runs\n {6}exceedances a swapoff: no run has it\n/,
    /Absolute\s+figures mean nothing\s+across hosts/,
  ])
    test.match(text, wanted);
  for (const line of text.split('\n')) test.ok(line.length <= 99, line);
  test.match(historyText([], [], latency), /^latency, plan rt/);
});

t.test('latency on the page: escaped, linked, marked', async (test) => {
  const html = historyHtml({ runs: [], series: [], latency, linkOf });
  test.match(html, 'Latency runs only.');
  test.notMatch(html, '<i>');
  test.match(
    html,
    /<td class="mono"><a href="20260201T000000\.020Z-abcdef\/report\.txt">[^<]*<\/a><\/td><td>&lt;i&gt;v5a <span class="badge doubt">changed<\/span><\/td><td>6<\/td><td>0\.8<\/td><td>2x<\/td><td>24\.5 ms<\/td><td><\/td>/,
  );
  test.equal([...html.matchAll(/<\/td><td>[^<]* <span class="badge doubt">changed/g)].length, 1);
  test.match(html, '20 older lines not listed');
  test.match(html, 'Absolute figures mean nothing across hosts');
});

t.test('as text', async (test) => {
  const text = historyText(runs, series);
  for (const wanted of [
    /^90 runs, 20260101T000000\.000Z-abcdef to /,
    /\nplan nightly\n/,
    /\n {2}anon\/weakened {2}#{30} {2}90 reproduced\n/,
    /\n {2}anon\/stock {5}\.{29}H {2}89 clean, 1 hang\n/,
    /\n {6}known: BUG: <b>the one<\/b>; in 90 runs, 420 in\s+27,000 exposed; last run 12 in 300 exposed\n/,
    /\n {8}from 20260101T000000\.060Z-abcdef on: 60 in 18,000 exposed → 360 in 9,000 exposed \(p 0\.001\)\n/,
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
  writeFileSync(file, historyHtml({ runs, series, latency, linkOf }));
  for (const width of [1280, 390]) {
    const { page, said, asked } = await openPage(browser, pathToFileURL(file).href, { width });
    test.same([said, asked], [[], []]);
    test.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
  }
});
