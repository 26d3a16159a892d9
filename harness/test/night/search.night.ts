// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { Search } from '../../model/search.ts';
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
  const search = JSON.parse(run.stdout) as Search;
  t.equal(search.guests.at(-1)?.end.kind, 'splat', run.all);
  t.ok((search.minimised?.met ?? 0) > 0, JSON.stringify(search.minimised));
});
