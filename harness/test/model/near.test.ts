// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { nearest, suggest } from '../../model/near.ts';

t.test('the nearest name, if any is near', async (test) => {
  const names = ['weakened', 'stock', 'v5a', 'v5b'];
  test.equal(nearest('weekened', names), 'weakened', 'substitution');
  test.equal(nearest('weakend', names), 'weakened', 'deletion');
  test.equal(nearest('stocck', names), 'stock', 'insertion');
  test.equal(nearest('wekaened', ['weakened']), 'weakened', 'neighbours swapped');
  test.equal(nearest('wxxkened', ['weakened']), 'weakened', 'a third may be wrong');
  test.equal(nearest('wxxxened', ['weakened']), null, 'and no more');
  test.equal(nearest('V5B', names), 'v5b', 'case is no difference');
  test.equal(nearest('v5c', names), 'v5a', 'the first of equals');
  test.equal(nearest('x', []), null);
});

t.test('else what there is', async (test) => {
  test.equal(suggest('zzz', ['stock', 'v5a']), 'there are stock, v5a');
  test.equal(suggest('zzz', []), 'there are none');
  test.equal(suggest('stok', ['stock']), 'did you mean stock?');
});
