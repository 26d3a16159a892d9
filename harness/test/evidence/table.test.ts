// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { scanLog } from '../../evidence/scanner.ts';
import { TABLE } from '../../evidence/table.ts';
import { specimens } from './consoles.ts';

t.test('every detector has a specimen, and no specimen is orphaned', async (test) => {
  test.same(
    specimens()
      .map(({ id }) => id)
      .sort(),
    TABLE.map(({ id }) => id).sort(),
  );
});

t.test('a specimen is made up, or says that it is real and names nobody', async (test) => {
  const made = specimens();
  test.same(
    made.filter(({ origin }) => origin === 'real').map(({ id }) => id),
    [],
    'none is real yet',
  );
  for (const { id, fires, nearMiss } of made)
    test.notMatch(`${fires}\n${nearMiss}`, /syzkaller|syz-|@[\w-]+\.\w{2,}|buildd@/, id);
});

t.test('absorbed detectors exist', async (test) => {
  const ids = new Set(TABLE.map(({ id }) => id));
  for (const { id, absorbs = [] } of TABLE)
    test.same(
      absorbs.filter((other) => !ids.has(other)),
      [],
      id,
    );
});

for (const { id, type, title, guilty, fires, nearMiss } of specimens()) {
  t.test(id, async (test) => {
    const splats = scanLog(fires);
    test.same(
      splats.map((splat) => splat.title),
      [title],
      'one splat with its title',
    );
    test.match(splats[0], { type, guilty, damaged: [] }, 'type, guilty function, and nothing missing');
    test.same(scanLog(nearMiss), [], 'the near miss is no splat');
  });
}
