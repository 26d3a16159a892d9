// SPDX-License-Identifier: GPL-2.0-only
import type { ThreadBeat } from '../model/guest-end.ts';
import type { Exposure, WorkloadMessage, WorkloadSummary } from '../model/trial.ts';
import { parseWorkloadLog } from './protocol.ts';

/**
 * What a workload's raw messages say as a whole. Lines that are no message (the last one, cut by a crash) are passed
 * over; what they could have told is in `unreportedExposure`.
 */
export function parseWorkload(text: string): WorkloadSummary {
  return foldWorkload(parseWorkloadLog(text).messages);
}

/** As `parseWorkload`, of messages in the order in which they came. */
export function foldWorkload(messages: readonly WorkloadMessage[]): WorkloadSummary {
  const counters = messages.flatMap(exposureOf);
  const end = messages.find((message) => message.t === 'end');
  return {
    exposure: counters.at(-1) ?? null,
    unreportedExposure: end === undefined ? mostBetween(counters) : 0,
    ended: end?.joined ?? false,
  };
}

/**
 * Threads that the last beat shows without progress for `hangSeconds` of the guest's clock or longer. A thread that
 * waits for its turn reports no stall, so what is left are those that others wait for.
 */
export function stalledThreads(messages: readonly WorkloadMessage[], hangSeconds: number): readonly ThreadBeat[] {
  const last = messages.findLast((message) => message.t === 'beat');
  return last?.threads.filter((thread) => thread.stalledMs >= hangSeconds * 1000) ?? [];
}

function exposureOf(message: WorkloadMessage): Exposure[] {
  return message.t === 'beat' || message.t === 'end' ? [message.exposure] : [];
}

/** The most exposed runs that one interval between two reports held; at least the one that was under way. */
function mostBetween(counters: readonly Exposure[]): number {
  const steps = counters.map((now, index) => now.exposed - (counters[index - 1]?.exposed ?? 0));
  return Math.max(1, ...steps);
}
