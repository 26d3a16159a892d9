// SPDX-License-Identifier: GPL-2.0-only
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ExplorationFiles } from '../../store/exploration-files.ts';
import { makeResult, OOPS, PATH, WAITED } from '../interleave/fixtures/make.ts';

t.test('points are kept one by one, and a cut line is no point', async (t) => {
  const files = new ExplorationFiles(join(t.testdir({}), 'map'));
  await files.create();
  t.same(await files.readPoints(), [], 'nothing is there yet');
  t.equal(await files.readPath(), null);
  await files.writePath(PATH);
  for (const [index, outcome] of [OOPS, WAITED].entries()) await files.append(makeResult(index, outcome));
  appendFileSync(join(files.dir, 'points.jsonl'), '{"point":{"ind');
  t.same(await files.readPoints(), [makeResult(0, OOPS), makeResult(1, WAITED)]);
  t.same(await files.readPath(), PATH);
  appendFileSync(join(files.dir, 'points.jsonl'), '\n');
  await t.rejects(files.readPoints(), { code: 'RUN_UNREADABLE', message: /line 3 is no result/ });
});
