// SPDX-License-Identifier: GPL-2.0-only
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { z } from 'zod';
import { placeKeys, placeSpec } from '../../../probe/place/spec.ts';
import { readRace } from '../../../race/read.ts';
import { target } from '../stress/fixtures/make.ts';
import { makePlaceSpec } from './fixtures/make.ts';

const root = resolve(fileURLToPath(new URL('../../../..', import.meta.url)));
const shape = z.strictObject(placeKeys.shape).partial();
const common = { kind: 'place', id: 'p', variants: ['a'], control: 'a', expect: {} };
const race = readRace(join(root, 'guests'), 'swapoff');
const context = { variants: ['a'], target, race };
const backend = { kind: 'virtio-blk', rotational: true, size: '1MiB' };

t.test('what a plan says becomes a spec, and the rest has its default', async (t) => {
  const spec = placeKeys.resolve(common, shape.parse({ backend, hold: 'stall' }), context);
  t.match(spec, {
    ...{ path: 'fault', meanwhile: 'swapoff', points: { kind: 'functions' }, repeats: 3, guests: 1 },
    ...{ contenderTo: null, range: {}, sample: null, entries: null, mergeSeed: null },
    backend: { kind: 'virtio-blk', rotational: true, sizeKiB: 1024 },
    race: { target },
  });
  const file = {
    ...{ backend, hold: 'preempt', points: { every: 60 }, from: 1, to: 9, guests: 2, 'contender-to': 'vfree' },
    ...{ entries: ['f'], sample: { count: 5, seed: 'a' } },
  };
  t.match(placeKeys.resolve(common, shape.parse(file), context), {
    ...{ points: { kind: 'every', count: 60 }, range: { from: 1, to: 9 }, guests: 2, contenderTo: 'vfree' },
    ...{ entries: ['f'], sample: { count: 5, seed: 'a' } },
  });
});

t.test('a spec is read as it was stored', async (t) => {
  for (const spec of [makePlaceSpec(), makePlaceSpec({ range: { from: 3 }, entries: 'call graph', control: null })])
    t.same(placeSpec.parse(JSON.parse(JSON.stringify(spec))), spec);
});

t.test('what is wrong is said with what is needed', async (t) => {
  const messages = (file: object): string[] => shape.safeParse(file).error?.issues.map(({ message }) => message) ?? [];
  t.match(messages({ points: 'some' }), [/needs functions, all, or every: a number/]);
  t.match(messages({ backend: { ...backend, size: '4KiB' } }), [/at least 40KiB/]);
  const check = (values: object) => placeKeys.check?.({ ...values }, context);
  t.match(check({ merge: 'a', points: 'functions' }), [{ path: ['merge'], message: /neighbouring/ }]);
  t.same(check({ merge: 'a', points: 'all' }), []);
  t.match(check({ path: 'forke' }), [{ path: ['path'], message: /no operation that may be held forke; / }]);
  t.match(check({ meanwhile: 'nothing' }), [{ path: ['meanwhile'], message: /no operation that may go on meanwhile/ }]);
  t.match(check({ backend: { kind: 'file' } }), [
    { path: ['backend'], message: /cannot be placed on file; use virtio-blk/ },
  ]);
  t.same(
    placeKeys.check?.({ path: 'forke' }, { ...context, race: null }),
    [],
    'without its race there is nothing to say',
  );
});
