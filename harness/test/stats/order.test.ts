// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { median, midranks, quantileSorted } from '../../stats/order.ts';

t.test('equal figures share their ranks', async (t) => {
  t.same(midranks([5, 1, 5, 5, 2]), [4, 1, 4, 4, 2]);
});

t.test('a median is the middle value, or the mean of the two in the middle', async (t) => {
  t.equal(median([3]), 3);
  t.equal(median([9, 1, 5]), 5);
  t.equal(median([4, 1, 9, 2]), 3);
  t.throws(() => median([]), RangeError);
});

t.test('quantiles are those of R, type 2', async (t) => {
  // quantile(c(1, 2, 4, 8), c(0, 0.1, 0.25, 0.5, 0.6, 0.75, 1), type = 2)
  const of = [0, 0.1, 0.25, 0.5, 0.6, 0.75, 1].map((q) => quantileSorted([1, 2, 4, 8], q));
  t.same(of, [1, 1, 1.5, 3, 4, 6, 8]);
});
