// SPDX-License-Identifier: GPL-2.0-only
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { PROBES } from '../../probe/table.ts';
import { mapsHtml } from '../../report/html/maps.ts';
import { mapsPage } from '../../run/maps-page.ts';
import { sameRun } from '../../run/same.ts';
import { countStoredMaps, readStoredMaps } from '../../run/stored-maps.ts';
import { OOPS, WAITED } from '../probe/place/fixtures/make.ts';
import { newRun } from '../results/fixtures/make-run.ts';
import { writeMaps, writePlacedRun } from './fixtures/placed-runs.ts';

t.test('the maps of stored runs; what is not finished, or cannot be read, is a note', async (t) => {
  const results = t.testdir({});
  t.same(await readStoredMaps(join(results, 'none')), { maps: [], notes: [] });
  await writeMaps(results);
  mkdirSync(join(results, 'maps'));
  const { maps, notes } = await readStoredMaps(results);
  t.match(
    maps.map(({ map }) => [map.variant, map.windows[0]?.outcomes[0]?.kind]),
    [
      ['stock', 'waited'],
      ['v5a', 'waited'],
      ['v5b', 'waited'],
      ['weakened', 'oops'],
    ],
  );
  t.match(notes, [
    /maps: maps of an older layout are not read/,
    /Cannot read .*bad-a\/run\.json/,
    /^v5b, fault on rotational, preempt: not finished, 1 attempt so far; scripts\/run --resume \S+ continues it$/,
    /^v5a, fault on rotational, preempt: not finished, 1 attempt so far/,
  ]);
  t.equal(notes.length, 4, 'runs of the older layout are not maps');
  t.equal(await countStoredMaps(results), 4);
});

t.test('of one plan on one kernel, the newer run', async (t) => {
  const results = t.testdir({});
  await writePlacedRun(results, { hour: 1, variant: 'stock', outcome: OOPS });
  const newer = await writePlacedRun(results, { hour: 2, variant: 'stock', outcome: WAITED });
  const { maps } = await readStoredMaps(results);
  t.match(maps, [{ run: basename(newer), map: { windows: [{ outcomes: [{ kind: 'waited' }] }] } }]);
  t.equal(maps.length, 1);
});

t.test('maps as a page: those of one path below each other, and which kernel each is of', async (t) => {
  const results = t.testdir({});
  await writeMaps(results);
  const body = mapsHtml(mapsPage(await readStoredMaps(results)));
  t.match(body, /v5b, fault on rotational, preempt: not finished/);
  t.equal(body.match(/Maps of fault, from the anchor/g)?.length, 1);
  t.match(body, /Windows of weakened, fault on rotational, preempt/);
  t.match(body, /<h2>Kernels<\/h2>[^]*<td>stock<\/td>/);
  t.match(mapsHtml(mapsPage({ maps: [], notes: ['a & b'] })), /a &amp; b[^]*No map\./);
});

t.test('a run of the same plan on the same kernels: whole, stopped, or ended by what its kernel lacks', async (t) => {
  const kernels = { stock: { id: Object.values(newRun.kernels)[0]!.id } };
  const states = async (...runs: Parameters<typeof writePlacedRun>[1][]) => {
    const results = t.testdir({});
    const dirs: string[] = [];
    for (const run of runs) dirs.push(await writePlacedRun(results, run));
    const same = (text: string, of = kernels) => sameRun(results, text, of, PROBES);
    return { results, dirs, same };
  };
  const run = { hour: 1, variant: 'stock', outcome: OOPS, text: 'a' } as const;
  const whole = await states(run);
  t.same(await whole.same('a'), { dir: whole.dirs[0], state: 'whole' });
  t.equal(await whole.same('b'), null);
  t.equal(await whole.same('a', { stock: { id: 'another' } }), null);
  const stopped = await states(run, { ...run, hour: 2, end: 'stopped' });
  t.same(await stopped.same('a'), { dir: stopped.dirs[1], state: 'stopped' }, 'the newer one');
  t.match(await (await states({ ...run, end: 'killed' })).same('a'), { state: 'stopped' });
  t.match(await (await states({ ...run, end: 'not-placed' })).same('a'), { state: 'ended' });
});
