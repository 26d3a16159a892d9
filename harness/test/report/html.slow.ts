// SPDX-License-Identifier: GPL-2.0-only
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PointOutcome } from '../../model/interleave.ts';
import type { Page } from 'puppeteer-core';
import t from 'tap';
import { reportHtml } from '../../report/html/report.ts';
import { readReported } from '../../run/stored.ts';
import { HANG, makeSeen, OK, OOPS, REFUSED, UNKNOWN, WAITED } from '../probe/place/fixtures/make.ts';
import { makeRun } from '../results/fixtures/make-run.ts';
import { CURVES, openBrowser, openPage, withoutBrowser } from './fixtures/browser.ts';
import { defaultPlanRun } from './fixtures/default-plan.ts';
import { crashedTwice, HOSTILE, RUNS, storedRun } from './fixtures/runs.ts';

const CORRUPTION: PointOutcome = { kind: 'corruption', what: '3 bad pages' };
/** A run with everything that a page can show. */
const EVERYTHING = storedRun({
  trials: crashedTwice,
  placed: [
    makeSeen('weakened', [OOPS, HANG, OOPS, CORRUPTION, WAITED]),
    makeSeen('v5b', [REFUSED, WAITED, OK]),
    makeSeen('stock', [OK, WAITED, UNKNOWN]),
  ],
});
t.test('in a browser', { skip: withoutBrowser }, async (outer) => {
  const browser = await openBrowser((end) => outer.teardown(end));
  const dir = outer.testdir({});
  const open = (name: string, html: string, look: { readonly width: number; readonly dark?: boolean }) => {
    const file = join(dir, `${name}.html`);
    writeFileSync(file, html);
    return openPage(browser, pathToFileURL(file).href, look);
  };

  const plan = await defaultPlanRun();
  const pages: Readonly<Record<string, string>> = {
    'the default plan': reportHtml(plan),
    everything: reportHtml(EVERYTHING),
    ...Object.fromEntries(Object.entries(RUNS).map(([kind, { stored }]) => [kind, reportHtml(stored)])),
  };
  for (const [name, html] of Object.entries(pages)) {
    for (const look of [{ width: 1280 }, { width: 390, dark: true }]) {
      outer.test(`${name}, ${look.width} pixels wide`, async (test) => {
        const { page, said, asked } = await open('page', html, look);
        test.same(said, [], 'nothing on its console');
        test.same(asked, [], 'no request to anywhere');
        await page.evaluate('document.querySelectorAll("details").forEach((each) => { each.open = true; })');
        test.equal(await page.evaluate('document.documentElement.scrollWidth'), look.width, 'it fits the width');
        test.equal(await page.evaluate('document.scripts.length'), 0);
        test.equal(
          await page.evaluate('new Set([...document.querySelectorAll("[id]")].map(({ id }) => id)).size'),
          await page.evaluate('document.querySelectorAll("[id]").length'),
          'ids are unique',
        );
        await page.close();
      });
    }
  }

  outer.test('every plot has the curve of every variant', async (test) => {
    const { page } = await open('curves', pages['everything'] ?? '', { width: 1280 });
    const curves = (await page.evaluate(CURVES)) as { label: string; shown: number[] }[];
    const counts = Object.fromEntries(curves.map(({ label, shown }) => [label.slice(0, 24), shown.length]));
    test.same(counts, {
      'anon: share of trials wi': 4,
      'anon: crashes per expose': 4,
    });
    for (const { label, shown } of curves)
      test.ok(
        shown.every((length) => length > 5),
        `${label}: none is a dot`,
      );
    await page.close();
    const narrow = await open('narrow', pages['everything'] ?? '', { width: 390 });
    const small = (await narrow.page.evaluate(CURVES)) as typeof curves;
    test.same(
      small.map(({ shown }) => shown.length),
      curves.map(({ shown }) => shown.length),
      'on a phone too',
    );
    await narrow.page.close();
  });

  outer.test('race maps lie above one another, coloured by outcome', async (test) => {
    const { page } = await open('maps', pages['everything'] ?? '', { width: 1280 });
    const strips = (await page.evaluate(STRIPS)) as { left: number; top: number; bars: string[] }[];
    test.same(
      strips.map(({ bars }) => bars),
      [
        ['o-oops', 'o-hang', 'o-oops', 'o-corruption', 'o-waited'],
        ['o-refused', 'o-waited', 'o-ok'],
        ['o-ok', 'o-waited', 'o-inconclusive'],
      ],
    );
    test.equal(new Set(strips.map(({ left }) => left)).size, 1);
    test.ok(strips.every(({ top }, index) => index === 0 || top > (strips[index - 1]?.top ?? 0)));
    await page.close();
  });

  outer.test('a hostile console is text', async (test) => {
    const html = pages['hostile'] ?? '';
    test.ok(html.length < 1_000_000, 'a line of 5 MB is cut');
    const { page, said } = await open('hostile', html, { width: 1280 });
    test.same(said, []);
    test.notMatch(await page.title(), /owned/);
    const shown = (await page.evaluate(
      '[...document.querySelectorAll("pre")].map((each) => each.textContent).join("\\n")',
    )) as string;
    test.match(shown, '<script>document.title = "owned"</script><img src=x onerror="document.title=1">');
    test.match(shown, '␛[31mred␛[0m ␀NUL ␇BEL', 'control characters are visible');
    test.match(shown, '<U+202E>gnihtemos<U+202C>', 'and so is what reorders text');
    test.match(shown, ']]> &amp; </system-err> --> ${x} `y` \\');
    test.match(shown, 'f\ufffd\ufffd\ufffd(', 'what is no UTF-8 is marked');
    test.equal(
      await page.evaluate('document.querySelectorAll("pre *, b b, h3 b, img, i").length'),
      0,
      'no element came of it',
    );
    test.ok(HOSTILE.length > 5_000_000);
    await page.close();
  });

  outer.test('dark and light have other colours; print keeps what is folded', async (test) => {
    const colours = async (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await open('light', pages['everything'] ?? '', { width: 1280 });
    const dark = await open('dark', pages['everything'] ?? '', { width: 1280, dark: true });
    test.equal(await colours(light.page), 'rgb(255, 255, 255)');
    test.not(await colours(dark.page), 'rgb(255, 255, 255)');
    const height = () =>
      light.page.evaluate(
        'document.querySelector("details pre").getBoundingClientRect().height > 0 && matchMedia("print").matches',
      );
    test.equal(await height(), false);
    await light.page.emulateMediaType('print');
    test.equal(await height(), true);
    test.match(
      await light.page.evaluate('[...document.styleSheets[0].cssRules].map((rule) => rule.cssText).join("\\n")'),
      /@media print \{[^]*details-content[^]*content-visibility: visible/,
    );
    await light.page.close();
    await dark.page.close();
  });
});

const STRIPS = `[...document.querySelectorAll('svg.strip')].map((svg) => {
  const { left, top } = svg.getBoundingClientRect();
  return { left, top, bars: [...svg.querySelectorAll('rect')].map((rect) => rect.getAttribute('class')) };
})`;

t.test('the same run gives the same bytes, also read again from its folder', async (test) => {
  const dir = await makeRun(test.testdir({}));
  const first = reportHtml(await readReported(dir));
  test.equal(reportHtml(await readReported(dir)), first);
  test.equal(reportHtml(EVERYTHING), reportHtml(EVERYTHING));
  test.notMatch(first, /zr\d/, 'no serial number of the plot library is left');
});

t.test('what the sections say', async (test) => {
  const html = reportHtml(EVERYTHING);
  for (const wanted of [
    'an expectation was missed',
    '!!! null-deref at 0x1',
    'held (a real-time thread has its CPU) at do_swap_page',
    'scripts/run plans/small.yaml',
    '5 of 100 points explored: 2 oops, 1 corruption, 1 hang, 1 waited',
  ]) {
    test.match(html, wanted);
  }
  test.match(reportHtml(RUNS['blind']!.stored), 'blind: weakened did not crash');
  test.match(reportHtml(RUNS['empty']!.stored), 'no kernel');
  test.match(reportHtml(RUNS['known hang']!.stored), 'known finding, seen again: hang');
});
