// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { Exposure, WorkloadMessage } from '../model/trial.ts';

const count = z.number().int().nonnegative();

const word = z.string().regex(/^0x[0-9a-f]+$/);
const corruption = z.object({ page: count, line: count, operation: z.string(), expected: word, found: word });

/** Counters of a race as a workload reports them. */
export const exposure: z.ZodType<Exposure> = z.object({
  begun: count,
  contenders: count,
  overlapped: count,
  exposed: count,
  operations: count,
  vmstat: z.record(z.string(), count),
  errors: z.record(z.string(), count),
  corruptPages: count,
  corruptions: z.array(corruption),
  elapsedMs: count,
});

const thread = z.object({ name: z.string(), tid: count, operation: z.string(), stalledMs: count });

const message: z.ZodType<WorkloadMessage> = z.discriminatedUnion('t', [
  z.object({ t: z.literal('start'), threads: count, pages: count, workload: z.string(), seed: count }),
  z.object({ t: z.literal('beat'), exposure, threads: z.array(thread) }),
  z.object({ t: z.literal('end'), exposure, joined: z.boolean() }),
  z.object({ t: z.literal('fail'), message: z.string(), signal: count.exactOptional() }),
]);

/** One line of the workload's output; null for a line that is no message, whole or cut. */
export function parseWorkloadLine(line: string): WorkloadMessage | null {
  const parsed = message.safeParse(json(line));
  return parsed.success ? parsed.data : null;
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** A workload's output as read back: its messages in order, and how many lines were none. */
export interface WorkloadLog {
  readonly messages: readonly WorkloadMessage[];
  /** Lines that are no message: cut by a crash, or written by something else. */
  readonly damaged: number;
}

/** Everything that a workload wrote. Empty lines are not damage. */
export function parseWorkloadLog(text: string): WorkloadLog {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const messages = lines.map(parseWorkloadLine).filter((parsed) => parsed !== null);
  return { messages, damaged: lines.length - messages.length };
}
