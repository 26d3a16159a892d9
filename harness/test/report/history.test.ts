import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import type { RunSummary } from '../../model/history.ts';
import { historyText } from '../../report/history-text.ts';
import { historyHtml } from '../../report/html/history.ts';
import { seriesOf } from '../../verdict/trend.ts';
import { openBrowser, openPage, withoutBrowser } from './fixtures/browser.ts';

const NIGHTS = 90;
const runs: RunSummary[] = Array.from({ length: NIGHTS }, (_, index) => ({
  run: `20260101T000000.${String(index).padStart(3, '0')}Z-abcdef`, startedAt: `2026-01-01T00:00:00.${String(index).padStart(3, '0')}Z`, plan: 'nightly',
  status: index === NIGHTS - 1 ? 1 : 0,
  variants: [
    { probe: 'anon', variant: 'weakened', outcome: 'target', kernelId: 'k', trials: 3, exposure: 300, signatures: [{ title: 'BUG: <b>the one</b>', count: index < 60 ? 1 : 12, target: true }] },
    { probe: 'anon', variant: 'stock', outcome: index === NIGHTS - 1 ? 'hang' : 'clean', kernelId: 'k', trials: 1, exposure: 3000, signatures: index === NIGHTS - 1 ? [{ title: 'no progress', count: 1, target: false }] : [] },
  ],
}));
const series = seriesOf(runs);
const linkOf = (run: string) => `${run}/report.txt`;

t.test('as text', async (test) => {
  const text = historyText(runs, series);
  for (const wanted of [
    /^90 runs, 20260101T000000\.000Z-abcdef to /, /\nplan nightly\n/, /\n {2}anon\/weakened {2}#{30} {2}90 reproduced\n/, /\n {2}anon\/stock {5}\.{29}H {2}89 clean, 1 hang\n/,
    /\n {6}known: BUG: <b>the one<\/b>; in 90 runs, 420 in\s+27,000 exposed; last run 12 in 300 exposed\n/,
    /\n {8}from 20260101T000000\.060Z-abcdef on: 60 in 18,000 exposed → 360 in 9,000 exposed \(p 0\.001\)\n/, /\n {6}new: no progress; in 1 run/,
  ]) test.match(text, wanted);
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
  test.match(html, /<a class="cell o-hang" href="20260101T000000\.089Z-abcdef\/report\.txt" title="[^"]*hang, 1 trial, 3,000 exposed, kernel k"/);
  test.match(historyHtml({ runs: [], series: [], linkOf, notes: ['Cannot read <x>'] }), /No finished run[^]*Cannot read &lt;x&gt;/);
});

t.test('in a browser', { skip: withoutBrowser }, async (test) => {
  const browser = await openBrowser((end) => test.teardown(end));
  const file = join(test.testdir({}), 'index.html');
  writeFileSync(file, historyHtml({ runs, series, linkOf }));
  for (const width of [1280, 390]) {
    const { page, said, asked } = await openPage(browser, pathToFileURL(file).href, { width });
    test.same([said, asked], [[], []]);
    test.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
  }
});
