// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import { workspace } from '../../host/workspace.ts';
import { withoutEachHunk } from '../../source/hunks.ts';
import { readPatch } from '../../source/patch-text.ts';
import { loadSeries } from '../../source/series.ts';

const file = (name: string, ...hunks: string[]): string => `--- a/mm/${name}\n+++ b/mm/${name}\n${hunks.join('')}`;
const hunk = (at: number, text: string): string => `@@ -${at},2 +${at},2 @@ f()\n same\n-old\n+${text}\n`;

t.test('each hunk is left out once, a file that loses its only one with it', (t) => {
  const patches = [
    {
      name: 'a.patch',
      text: `words\n---\n${file('x.c', hunk(1, '@@ -1 +1 @@'), hunk(9, 'two'))}${file('y.c', hunk(1, 'y'))}`,
    },
    { name: 'b.patch', text: file('z.c', hunk(3, 'z\n\\ No newline at end of file')) },
  ];
  const mutants = withoutEachHunk({ name: 's', patches });
  t.same(
    mutants.map((each) => each.hunk),
    [
      'a.patch, mm/x.c @@ -1,2 +1,2 @@',
      'a.patch, mm/x.c @@ -9,2 +9,2 @@',
      'a.patch, mm/y.c @@ -1,2 +1,2 @@',
      'b.patch, mm/z.c @@ -3,2 +3,2 @@',
    ],
  );
  const texts = mutants.map(({ series }) => series.patches.map(({ text }) => text.trim()));
  t.same(texts[0], [`${file('x.c', hunk(9, 'two'))}${file('y.c', hunk(1, 'y'))}`.trim(), patches[1]?.text.trim()]);
  t.same(texts[2]?.[0], file('x.c', hunk(1, '@@ -1 +1 @@'), hunk(9, 'two')).trim());
  t.equal(texts[3]?.length, 1, 'a patch that loses its only hunk goes away');
  t.end();
});

t.test('what is left of a shipped series are patches', async (t) => {
  const series = await loadSeries(
    join(workspace().root, 'kernel-configs/series/linux-6.1/v5b'),
    new AbortController().signal,
    t.testdir(),
  );
  const hunks = (text: string): number => text.split('\n').filter((line) => line.startsWith('@@ ')).length;
  const all = series.patches.reduce((sum, { text }) => sum + hunks(text), 0);
  const mutants = withoutEachHunk(series);
  t.equal(mutants.length, all);
  for (const { series: left } of mutants) {
    const patches = left.patches.map(({ name, text }) => readPatch(name, text));
    t.equal(
      patches.reduce((sum, { diff }) => sum + hunks(diff), 0),
      all - 1,
    );
  }
});
