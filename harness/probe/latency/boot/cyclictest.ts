// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { Unusable } from '../types.ts';

/** One thread of cyclictest. Latencies in microseconds, as it counts them. */
export interface CyclictestThread {
  readonly cpu: number;
  /** Wake-ups. */
  readonly cycles: number;
  readonly maxUs: number;
  /** Wake-ups by latency; those of `overflow` are not among them. */
  readonly histogram: ReadonlyMap<number, number>;
  /** Wake-ups later than the histogram reaches: that is cycles less the histogram's sum. */
  readonly overflow: number;
}

const count = z.number().int().nonnegative();

const report = z.looseObject({
  thread: z.record(
    z.string(),
    z.looseObject({ histogram: z.record(z.string(), count), cycles: count, max: count, cpu: count }),
  ),
});

/**
 * Reads what `cyclictest --json` wrote (rt-tests 2.4; some of its keys have a colon inside, `"cmdline:"`, and are not
 * needed).
 *
 * @returns inconclusive when it is cut, when a thread never ran, or when it counts more wake-ups than there were.
 */
export function parseCyclictest(text: string): readonly CyclictestThread[] | Unusable {
  const parsed = report.safeParse(json(text));
  if (!parsed.success) return unusable('truncated', 'cyclictest’s JSON is not whole');
  const threads = Object.values(parsed.data.thread).map(({ cpu, cycles, max, histogram }): CyclictestThread => {
    const bins = new Map(Object.entries(histogram).map(([us, wakeUps]) => [Number(us), wakeUps]));
    const counted = [...bins.values()].reduce((sum, wakeUps) => sum + wakeUps, 0);
    return { cpu, cycles, maxUs: max, histogram: bins, overflow: cycles - counted };
  });
  const idle = threads.find(({ cycles }) => cycles === 0);
  if (threads.length === 0 || idle !== undefined) {
    return unusable('thread-never-ran', `cyclictest’s thread of CPU ${idle?.cpu ?? 0} never woke`);
  }
  const double = threads.find(({ overflow }) => overflow < 0);
  if (double !== undefined)
    return unusable(
      'counted-twice',
      `cyclictest’s histogram of CPU ${double.cpu} holds more than its ${double.cycles} wake-ups`,
    );
  return threads;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unusable(cause: Unusable['cause'], reason: string): Unusable {
  return { kind: 'inconclusive', cause, reason };
}
