// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { firstDifference } from '../../results/diff.ts';

t.test('equal values differ nowhere', async (test) => {
  test.equal(firstDifference({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] }), null);
  test.equal(firstDifference([], []), null);
});

t.test('the first difference is named by its path', async (test) => {
  const table: [unknown, unknown, string][] = [
    [{ a: { b: 1 } }, { a: { b: 2 } }, 'a.b is 1, recomputed 2'],
    [{ a: [1, 2] }, { a: [1, 3] }, 'a.1 is 2, recomputed 3'],
    [{ a: [1, 2] }, { a: [1] }, 'a.1 is 2, recomputed absent'],
    [{ a: [1] }, { a: [1, 2] }, 'a.1 is absent, recomputed 2'],
    [{}, { a: null }, 'a is absent, recomputed null'],
    [{ a: [] }, { a: {} }, 'a is [], recomputed {}'],
    [1, '1', 'the value is 1, recomputed "1"'],
    [{ a: null }, { a: {} }, 'a is null, recomputed {}'],
  ];
  for (const [stored, recomputed, wanted] of table) test.equal(firstDifference(stored, recomputed), wanted);
});

t.test('long values are cut', async (test) => {
  const difference = firstDifference('x'.repeat(200), 'y') ?? '';
  test.ok(difference.length < 130 && difference.includes('…'));
});
