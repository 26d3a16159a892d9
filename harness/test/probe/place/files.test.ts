// SPDX-License-Identifier: GPL-2.0-only
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { derivePlaced } from '../../../probe/place/derive.ts';
import { PointWriter, readPoints } from '../../../probe/place/files.ts';
import { rawFiles } from '../../../results/raw-files.ts';
import type { SymbolLookup } from '../../../model/probe.ts';
import { consoleOf } from '../../evidence/consoles.ts';
import { makePath, makeResult, OOPS, WAITED } from './fixtures/make.ts';

const SOURCE = [{ func: 'do_swap_page', location: 'mm/memory.c:3883' }];
const symbols: SymbolLookup = {
  splats: async (splats) => splats,
  places: async (addresses) => new Map(addresses.map((address) => [address, SOURCE])),
};
const filesIn = (dir: string) => ({ path: (name: string) => join(dir, name) });

t.test('points are kept one by one; a line that was cut does not count, and does not spoil the next', async (t) => {
  const dir = t.testdir({});
  const raw = rawFiles(dir, symbols);
  t.same(await readPoints(raw), { path: null, results: [] }, 'nothing is there yet');
  const writer = await PointWriter.open(filesIn(dir));
  await writer.writePath(makePath());
  await writer.append(makeResult(0, OOPS));
  appendFileSync(join(dir, 'points.jsonl'), '{"point":{"ind');
  t.same(await readPoints(raw), { path: makePath(), results: [makeResult(0, OOPS)] });

  const again = await PointWriter.open(filesIn(dir));
  t.match(await again.kept(), { results: [{ point: { index: 0 } }], guests: 0 });
  await again.append(makeResult(1, WAITED));
  t.same((await readPoints(raw)).results, [makeResult(0, OOPS), makeResult(1, WAITED)]);

  appendFileSync(join(dir, 'points.jsonl'), '{}\n');
  await t.rejects(readPoints(raw), { code: 'RUN_UNREADABLE', message: /points.jsonl: line 3/ });
});

t.test('raw files are a finding, with sources at its instants', async (t) => {
  const dir = t.testdir({ 'console.0.log': 'boot\n', 'console.10.log': '', 'console.9.log': consoleOf('null-deref') });
  t.match(await derivePlaced(rawFiles(dir, symbols)), { path: null, guests: 3, strays: [{ type: 'null-deref' }] });
  const writer = await PointWriter.open(filesIn(dir));
  await writer.writePath(makePath(4, { 'do_swap_page+0x4': 'do_swap_page' }));
  const [splat] = (await derivePlaced(rawFiles(dir, symbols))).strays;
  if (splat === undefined) throw new Error('no splat on the console');
  await writer.append(makeResult(0, { kind: 'oops', signature: splat.title, splat }));
  const finding = await derivePlaced(rawFiles(dir, symbols));
  t.match(finding, {
    path: { anchor: 'do_swap_page', end: '__swap_duplicate returned', points: 4 },
    asked: 1,
    instants: [{ source: SOURCE, outcomes: [{ outcome: { kind: 'oops', splat: 0 }, attempts: 1 }] }],
    splats: [{ title: splat.title }],
    merged: { represented: 1, checked: 0 },
    strays: [],
  });
  // Who changes a point changes what its console does not say any more.
  writeFileSync(
    join(dir, 'points.jsonl'),
    readFileSync(join(dir, 'points.jsonl'), 'utf8').replace(/"outcome":.*,"seen/, '"outcome":{"kind":"refused"},"seen'),
  );
  t.match((await derivePlaced(rawFiles(dir, symbols))).strays, [{ title: splat.title }]);
});
