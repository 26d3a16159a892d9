// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { holm } from '../../stats/holm.ts';

t.test('Holm multiplies the smallest by all, and never reorders', async (t) => {
  // statsmodels.stats.multitest.multipletests(p, method='holm')[1]
  t.same(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
  t.same(holm([0.5, 0.9]), [1, 1]);
  t.same(holm([]), []);
});
