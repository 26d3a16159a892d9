import t from 'tap';
import { durationsExceedance, exceedance } from '../../report/latency.ts';

t.test('the share above a latency falls where samples are', async (test) => {
  test.same(exceedance({ binUs: 10, counts: [5, 0, 3, 1], overflow: 1 }), [[10, 0.5], [30, 0.2], [40, 0.1]]);
  test.same(exceedance({ binUs: 10, counts: [4, 4], overflow: 0 }), [[10, 0.5]], 'above the longest there is nothing, and a logarithmic axis has no 0');
  test.same(exceedance({ binUs: 10, counts: [0, 0], overflow: 0 }), []);
});

t.test('durations', async (test) => {
  test.same(durationsExceedance([3, 1, 2, 2]), [[1, 0.75], [2, 0.5], [2, 0.25]]);
  test.same(durationsExceedance([]), []);
});
