// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { SearchFigures } from '../../probe/search/judge.ts';
import type { RunReport } from '../../report/json.ts';
import { booted, swaprace } from '../kernel/lab.ts';

t.test('a search finds what stress does not within thousands of swapoffs: a fix without its wait', async (t) => {
  await booted(t.name);
  const run = await swaprace([
    'interleave',
    'search',
    'v5a-no-wait',
    '--plan',
    'mutants',
    '--rounds',
    '400',
    '--json',
    '--results',
    t.testdir(),
  ]);
  t.equal(run.exitCode, 0, run.all);
  const { probes } = JSON.parse(run.stdout) as RunReport;
  const [searched] = probes[0]?.variants ?? [];
  t.match(searched, { outcome: 'target' }, run.all);
  t.ok(((searched?.figures as SearchFigures).replayed?.met ?? 0) > 0, run.all);
});
