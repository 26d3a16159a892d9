// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { clusterBootstrap } from '../../stats/bootstrap.ts';
import { x, y } from './fixtures/two-samples.ts';

t.test('the bootstrap draws whole boots, the same from the same seed', async (t) => {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const difference = (a: readonly number[], b: readonly number[]) => mean(b) - mean(a);
  const interval = clusterBootstrap(x, y, difference, { seed: 3 });
  t.ok(interval !== null && interval.low > 0 && interval.low < 4.18 && interval.high > 4.18, JSON.stringify(interval));
  t.same(clusterBootstrap(x, y, difference, { seed: 3 }), interval);
  t.equal(clusterBootstrap([1], y, difference, { seed: 3 }), null);
  t.equal(
    clusterBootstrap(x, y, () => null, { seed: 3 }),
    null,
  );
});
