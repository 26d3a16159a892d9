// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { parseCyclictest, type CyclictestThread } from '../../../../probe/latency/boot/cyclictest.ts';
import { cyclictestFigures, exceedancesOf } from '../../../../probe/latency/boot/figures.ts';
import { edgeAbove } from '../../../../probe/latency/boot/histogram.ts';

/** As rt-tests 2.4 writes it: keys with a colon inside, no count of what the histogram did not hold. */
function report(threads: object): string {
  return `{
  "file_version": 1,
  "cmdline:": "cyclictest -t 2 -i 1000 -l 300 -h 20 -q --json=c.json",
  "rt_test_version:": "2.40",
  "return_code": 0,
  "sysinfo": { "sysname": "Linux", "realtime": 0 },
  "num_threads": 2,
  "resolution_in_ns": 0,
  "thread": ${JSON.stringify(threads)}
}`;
}

const thread = (cpu: number, change: object = {}) => ({
  histogram: { 7: 200, 19: 90 },
  cycles: 300,
  min: 7,
  max: 3435,
  avg: 105.41,
  cpu,
  node: 0,
  ...change,
});

t.test('overflow is cycles less the histogram’s sum', async (t) => {
  const threads = parseCyclictest(
    report({ 0: thread(0), 1: thread(1, { histogram: {}, cycles: 297 }) }),
  ) as readonly CyclictestThread[];
  t.same(
    threads.map(({ cpu, cycles, overflow, maxUs }) => [cpu, cycles, overflow, maxUs]),
    [
      [0, 300, 10, 3435],
      [1, 297, 297, 3435],
    ],
  );
  const boot = {
    windows: [
      { startNs: 0, endNs: 4000 },
      { startNs: 9000, endNs: 11_000 },
    ],
    passes: [],
  };
  const figures = cyclictestFigures(threads, boot, { instructions: null, reachUs: 20, pages: 64 });
  t.match(figures, { cycles: 2, contenderUs: 3, excessUs: null, operationsPerSecond: null });
  t.same(exceedancesOf(figures, edgeAbove(10_000)), { events: 90 + 10 + 297, exposure: 2 });
});

t.test('what cannot be trusted is inconclusive', async (t) => {
  const text = report({ 0: thread(0) });
  t.match(parseCyclictest(text.slice(0, -30)), { cause: 'truncated' });
  t.match(parseCyclictest(''), { cause: 'truncated' });
  t.match(parseCyclictest(report({ 0: thread(0), 1: thread(1, { cycles: 0, histogram: {} }) })), {
    cause: 'thread-never-ran',
    reason: /CPU 1/,
  });
  t.match(parseCyclictest(report({})), { cause: 'thread-never-ran' });
  t.match(parseCyclictest(report({ 0: thread(0, { cycles: 289 }) })), { cause: 'counted-twice', reason: /CPU 0/ });
});
