// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Kernel } from '../../model/kernel.ts';
import { exploreStored, readStoredMaps } from '../../pipeline/map-store.ts';
import { mapOf } from '../../pipeline/explore-kernel.ts';
import { ExplorationFiles } from '../../store/exploration-files.ts';
import { makeResult, makeSpec, OOPS, PATH } from '../interleave/fixtures/make.ts';
import { writeMaps } from '../interleave/fixtures/stored-maps.ts';

const kernel = { vmlinux: '/no/such/vmlinux', bzImage: '/no/such/bzImage' } as unknown as Kernel;
const guestsDir = resolve(dirname(fileURLToPath(import.meta.url)), '../../../guests');
const lab = {
  guestsDir,
  rootfs: { image: '/no/such/image' },
  identity: { overlay: [], key: {} },
} as unknown as Parameters<typeof exploreStored>[2];
/** A path that is none: nothing is explored, but what is kept of that is the same. */
const spec = { ...makeSpec('stock'), path: 'nonesuch' };
const options = { signal: new AbortController().signal, onResult: () => undefined, onResume: () => undefined };

t.test('a finished map is taken as it is when asked to', async (t) => {
  const results = t.testdir({});
  const failed = await exploreStored(spec, kernel, lab, results, { ...options, reuse: true });
  t.match(failed.record.end, {
    kind: 'failed',
    fault: 'usage',
    message: 'swapoff has no operation nonesuch that may be held',
  });
  t.equal(failed.map, null);
  t.equal(readdirSync(join(results, 'maps')).filter((name) => !name.endsWith('.lock')).length, 1);

  const files = new ExplorationFiles(failed.dir);
  await files.writePath(PATH);
  await files.append(makeResult(0, OOPS));
  const map = mapOf(spec, PATH, await files.readPoints());
  await files.finish({ ...failed.record, end: { kind: 'completed' } }, map);
  const stored = await exploreStored(spec, kernel, lab, results, { ...options, reuse: true });
  t.equal(stored.dir, failed.dir);
  t.same(stored.map, map);
  const other = await exploreStored({ ...spec, hold: 'stall' }, kernel, lab, results, { ...options, reuse: true });
  t.not(other.dir, failed.dir, 'another hold is another map');
});

t.test('one that was stopped goes on behind its points', async (t) => {
  const results = t.testdir({});
  const { dir } = await exploreStored(spec, kernel, lab, results, { ...options, reuse: false });
  const files = new ExplorationFiles(dir);
  await files.append(makeResult(3, OOPS));
  let resumed = 0;
  await exploreStored(spec, kernel, lab, results, {
    ...options,
    reuse: false,
    onResume: (points) => (resumed = points),
  });
  t.equal(resumed, 1);
  t.same(await files.readPoints(), [makeResult(3, OOPS)], 'and none of them is lost');
});

t.test('what explorations have left is read; what is none yet, or cannot be read, is told', async (t) => {
  const results = t.testdir({});
  t.same(await readStoredMaps(results), { explorations: [], unfinished: [], unreadable: [] });
  await writeMaps(results);
  const { explorations, unfinished, unreadable } = await readStoredMaps(results);
  t.match(explorations, [
    { spec: { variant: 'stock' }, map: { windows: [{ outcomes: [{ kind: 'waited' }] }] } },
    { spec: { variant: 'v5a' }, end: { kind: 'failed', message: 'Interrupted' }, map: {} },
    { spec: { variant: 'weakened' }, map: { windows: [{ outcomes: [{ kind: 'oops' }] }] } },
  ]);
  t.equal(explorations.length, 3);
  t.same(unfinished, [{ name: 'v5b-a', attempts: 1 }]);
  t.equal(unreadable.length, 1);
  t.match(unreadable[0], /Cannot read .*bad-a\/exploration\.json/);
});
