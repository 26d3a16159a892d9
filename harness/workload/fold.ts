// SPDX-License-Identifier: GPL-2.0-only
import type { ThreadBeat } from '../model/guest-end.ts';
import type { Exposure, WorkloadMessage, WorkloadSummary } from '../model/trial.ts';
import { parseWorkloadLog } from './protocol.ts';

/**
 * What a workload's raw messages say as a whole. Lines that are no message (the last one, cut by a crash) are passed
 * over; what they could have said is in `unreportedExposure`.
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
    unreportedExposure: end === undefined ? unreported(counters) : 0,
    killedBy: messages.find((message) => message.t === 'fail')?.signal ?? null,
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

/**
 * Exposed runs after the last counters. A run that two reports in a row show as pending is the one in which the
 * workload stuck, and none came after it; else as many as an interval between two reports held on average, the one that
 * was under way at least.
 */
function unreported(counters: readonly Exposure[]): number {
  const [before, last] = counters.slice(-2);
  if (before === undefined || last === undefined) return 1;
  const stuck = isPending(before) && isPending(last) && before.begun === last.begun;
  return stuck ? 1 : Math.max(1, Math.ceil(last.exposed / counters.length));
}

function isPending({ begun, contenders }: Exposure): boolean {
  return begun > contenders;
}
