// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { reportHtml } from '../../report/html/report.ts';
import { reportJson } from '../../report/json.ts';
import { reportMail } from '../../report/mail.ts';
import { reportText } from '../../report/text.ts';
import { HANG, makeSeen, OOPS, WAITED } from '../probe/place/fixtures/make.ts';
import { good, storedRun } from './fixtures/runs.ts';

/** Under stress three are not reproduced; placed, v5b hangs, stock is closed, and unpatched was left out. */
const stored = storedRun({
  trials: good,
  placed: [makeSeen('weakened', [OOPS, WAITED]), makeSeen('v5b', [WAITED, HANG]), makeSeen('stock', [WAITED, WAITED])],
});

t.test('each variant has one verdict, the worst over all probes', async (test) => {
  test.same(
    stored.run.verdict.variants.map(({ variant, outcome }) => [variant, outcome]),
    [
      ['unpatched', 'not-reproduced'],
      ['weakened', 'target'],
      ['v5b', 'hang'],
      ['stock', 'closed'],
    ],
  );
  test.same(reportJson(stored.run).variants[2], {
    variant: 'v5b',
    outcome: 'hang',
    probes: [
      { probe: 'anon', outcome: 'not-reproduced' },
      { probe: 'placed', outcome: 'hang' },
    ],
  });
});

t.test('what is inconclusive is not made up for by another probe', async (test) => {
  const { run } = storedRun({ trials: { ...good, stock: [] }, placed: [makeSeen('stock', [WAITED, WAITED])] });
  test.match(run.verdict.variants[3], { variant: 'stock', outcome: 'inconclusive' });
});

t.test('every report for people says it before the probes', async (test) => {
  const text = reportText(stored.run);
  test.match(
    text,
    /\n\nEach variant, over all probes:\n[^]*\n {2}v5b: hang +by placed +not reproduced by anon\n {2}stock: closed +by placed +not reproduced by anon\n\nanon: /,
  );
  test.match(text, /\n {2}weakened: reproduced +by anon, placed\n/);
  test.match(reportMail(stored.run), /\n {2}v5b: hang by placed; not reproduced by anon\n/);
  test.match(reportHtml(stored), /<b>v5b<\/b><span class="badge bad">hang<\/span><span>by placed<\/span>/);
});

t.test('with a single probe its rows say it', async (test) => {
  test.notMatch(reportText(storedRun({ trials: good }).run), /over all probes/);
});
