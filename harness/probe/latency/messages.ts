// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { GuestEnd } from '../../model/guest-end.ts';

/** Lines that the race’s program latency writes to its standard output, by `t`. */
export type LatencyMessage =
  | { readonly t: 'start'; readonly cpus: number; readonly clocksource: string }
  | { readonly t: 'stalled'; readonly operation: string; readonly seconds: number }
  | { readonly t: 'end'; readonly cycles: number; readonly passes: number; readonly swappedOut: number }
  | { readonly t: 'fail'; readonly message: string };

const count = z.number().int().nonnegative();

const message: z.ZodType<LatencyMessage> = z.discriminatedUnion('t', [
  z.object({ t: z.literal('start'), cpus: count, clocksource: z.string() }),
  z.object({ t: z.literal('stalled'), operation: z.string(), seconds: count }),
  z.object({ t: z.literal('end'), cycles: count, passes: count, swappedOut: count }),
  z.object({ t: z.literal('fail'), message: z.string() }),
]);

/** The end of a session whose program reported that a thread of it hangs. */
export function stalledEnd({ operation, seconds }: Extract<LatencyMessage, { t: 'stalled' }>): GuestEnd {
  return { kind: 'stalled', threads: [{ name: operation, tid: null, operation, stalledMs: seconds * 1000 }] };
}

/** Pages that the program swapped out while it made its cycles; null where it did not come to its end. */
export function swappedOut(log: string): number | null {
  const end = log
    .trimEnd()
    .split('\n')
    .map(parseLatencyLine)
    .find((each) => each?.t === 'end');
  return end?.t === 'end' ? end.swappedOut : null;
}

/** One line of the program's output; null for a line that is not one of its messages, whole or cut. */
export function parseLatencyLine(line: string): LatencyMessage | null {
  try {
    return message.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
