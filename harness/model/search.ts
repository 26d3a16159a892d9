// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { threadBeat } from './guest-end.ts';

const text = z.string();
const count = z.number().int().nonnegative();

/** One or two holds that a search chose at random, while the stress workload runs. */
const preemption = z
  .strictObject({
    /** Milliseconds of a vCPU that everything runs before, so that the contender is anywhere. */
    gapMs: count,
    /** The function at whose entry the first thread that arrives is caught. */
    func: text,
    /** Instructions that it then makes alone before it is held. */
    steps: count,
    /** A function at which the contender is kept until the first thread has gone on; null: it returns meanwhile. */
    contenderTo: text.nullable(),
  })
  .readonly();
export type Preemption = z.infer<typeof preemption>;

/** What the other side had done when the held thread was released. */
const contenderMeanwhile = z.enum(['returned', 'kept', 'went on']);
export type ContenderMeanwhile = z.infer<typeof contenderMeanwhile>;

/** One preemption of a search, and what came of it. */
export const searchRound = z
  .strictObject({
    /** 0-based; with the search's seed it says what was chosen. */
    round: count,
    preemption,
    /** Where the thread was held; null when none reached the function. */
    held: z.strictObject({ address: text, func: text, offset: count }).readonly().nullable(),
    /** Functions of the held thread, innermost first. */
    chain: z.array(text).readonly(),
    /** Null when no thread was held. */
    contender: contenderMeanwhile.nullable(),
    /** Title of the splat that came during the round. */
    splat: text.nullable(),
    elapsedMs: z.number(),
  })
  .readonly();
export type SearchRound = z.infer<typeof searchRound>;

/** What a guest of a search showed of its kernel. */
export const searchFound = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('splat'), title: text }).readonly(),
  /** Threads of the workload made no progress while everything ran. */
  z.strictObject({ kind: z.literal('stalled'), threads: z.array(threadBeat).readonly() }).readonly(),
  z.strictObject({ kind: z.literal('corruption'), pages: count }).readonly(),
]);
export type SearchFound = z.infer<typeof searchFound>;
