// SPDX-License-Identifier: GPL-2.0-only
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { latencyHtml } from '../../report/html/latency.ts';
import { durationsExceedance, exceedance, merged, type LatencyHistogram } from '../../report/latency.ts';
import { CURVES, openBrowser, openPage, withoutBrowser } from './fixtures/browser.ts';
import { makeLatency, makeStrip } from './fixtures/latency.ts';

const bins = (...counts: readonly number[]): LatencyHistogram =>
  counts.map((count, index) => ({ upToUs: 10 * (index + 1), count }));

t.test('the share above a latency falls where wake-ups are', async (test) => {
  test.same(
    exceedance(bins(5, 0, 3, 2)),
    [
      [10, 0.5],
      [20, 0.5],
      [30, 0.2],
    ],
    'above the longest there is nothing, and a logarithmic axis has no 0',
  );
  test.same(exceedance([]), []);
});

t.test('histograms together', async (test) => {
  test.same(
    merged(
      [
        { upToUs: 10, count: 1 },
        { upToUs: 30, count: 2 },
      ],
      [
        { upToUs: 20, count: 3 },
        { upToUs: 30, count: 4 },
      ],
    ),
    bins(1, 3, 6),
  );
});

t.test('durations', async (test) => {
  test.same(durationsExceedance([3, 1, 2, 2]), [
    [1, 0.75],
    [2, 0.5],
    [2, 0.25],
  ]);
  test.same(durationsExceedance([]), []);
});

const shown = {
  run: '20261122T100000.000Z-abcdef',
  describe: 'V5a against V5b',
  report: 'v5a against v5b <b>\n  NOTE x\n',
  load: 'swapoff 200 times a boot',
  command: 'latency --cycles 200',
  answers: [{ question: 'how long swapoff takes', pair: 'v5a -> v5b', verdict: 'v5b better', figures: '9 ms -> 4 ms' }],
  data: ['weakened', 'v5a', 'v5b'].map((variant, index) => makeLatency(variant, 12 + 20 * index)),
  strips: [makeStrip('v5a', 50), makeStrip('v5b', 4), makeStrip('v5a=quiet', 1000)],
  exceedsMs: 1,
};

t.test('the same run gives the same bytes; without a usable boot it says so', async (test) => {
  const html = latencyHtml(shown);
  test.equal(latencyHtml(shown), html);
  test.match(html, 'v5a against v5b &lt;b&gt;\n  NOTE x');
  test.match(html, 'Load: swapoff 200 times a boot.<br>Measured by: <code>latency --cycles 200</code>');
  test.ok(
    html.indexOf('<td>how long swapoff takes</td><td>v5a -&gt; v5b</td><td><b>v5b better</b></td>') <
      html.indexOf('<pre>'),
    'answers come first',
  );
  test.match(latencyHtml({ ...shown, data: [] }), 'no boot is usable');
});

t.test('a strip an arm, as wide as its swapoffs and as high as their latest wake-up', async (test) => {
  const html = latencyHtml(shown);
  test.match(html, /aria-label="v5a: 200 swapoffs, 4 with an exceedance"/);
  test.match(html, /aria-label="v5b: 200 swapoffs, 50 with an exceedance"/);
  test.match(html, 'later than 1 ms');
  const [, v5b = ''] = /aria-label="v5b: [^>]*>([^]*?)<\/svg>/.exec(html) ?? [];
  const bars = [...v5b.matchAll(/fill="var\(--line\)" x="([\d.]+)" y="0" width="([\d.]+)"/g)].map(([, x, width]) => [
    Number(x),
    Number(width),
  ]);
  test.equal(bars.length, 200);
  test.ok(
    bars.every(([x, width]) => x! >= 0 && x! + width! <= 1000),
    'inside of the picture',
  );
  const spikes = [...v5b.matchAll(/var\(--(bad|dim)\)" x="[\d.]+" y="([\d.]+)" width="1.5" height="([\d.]+)"/g)];
  test.same([spikes.length, spikes.filter(([, colour]) => colour === 'bad').length], [200, 50]);
  test.ok(
    spikes.every(([, , y, height]) => Math.round(Number(y) + Number(height)) === 60),
    'they stand on the ground',
  );
  test.equal(spikes.find(([, colour]) => colour === 'bad')?.[3], '60', 'the highest of all arms');
  test.notMatch(latencyHtml({ ...shown, strips: [] }), /as long as swapoff ran/);
  test.match(
    latencyHtml({ ...shown, strips: [{ arm: '<b>', swapoffs: [] }, makeStrip('v5a', 1)] }),
    '&lt;b&gt;: 0 swapoffs',
  );
});

t.test('in a browser every plot has its curves', { skip: withoutBrowser }, async (test) => {
  const browser = await openBrowser((end) => test.teardown(end));
  const file = join(test.testdir({}), 'latency.html');
  writeFileSync(file, latencyHtml(shown));
  for (const width of [1280, 390]) {
    const { page, said, asked } = await openPage(browser, pathToFileURL(file).href, { width });
    test.same([said, asked], [[], []]);
    test.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
    const curves = (await page.evaluate(CURVES)) as { label: string; shown: number[] }[];
    test.same(
      curves.map(({ label, shown: lengths }) => [label.slice(0, 8), lengths.length]),
      [
        ['Wake-ups', 3],
        ['Share of', 6],
        ['Duration', 3],
      ],
    );
    for (const { label, shown: lengths } of curves)
      test.ok(
        lengths.every((length) => length > 50),
        label,
      );
    await page.close();
  }
});
