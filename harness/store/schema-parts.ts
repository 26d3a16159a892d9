// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { SwapBackend } from '../model/guest.ts';
import type { Expectation } from '../model/plan.ts';
import { OUTCOMES } from '../model/verdict.ts';

/** What several of the store's files have in common. */

export const text = z.string();
export const count = z.number().int().nonnegative();
export const texts = z.array(text);
export const outcome = z.enum(OUTCOMES);
export const fault = z.enum(['usage', 'host', 'source', 'build', 'boot', 'guest', 'interrupted']);

export const backend: z.ZodType<SwapBackend> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('virtio-blk'), rotational: z.boolean(), sizeKiB: count }),
  z.strictObject({ kind: z.literal('file'), filesystem: z.literal('ext4'), sizeKiB: count }),
  z.strictObject({ kind: z.literal('zram'), sizeKiB: count }),
  z.strictObject({ kind: z.literal('none') }),
]);

export const expectations: z.ZodType<Record<string, Expectation>> = z.record(
  text,
  z.strictObject({ accept: z.array(outcome), known: z.array(outcome) }),
);

export const expectation = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('met') }),
  z.strictObject({ kind: z.literal('known'), seen: z.array(outcome), absent: z.array(outcome) }),
  z.strictObject({ kind: z.literal('missed'), message: text }),
  z.strictObject({ kind: z.literal('cannot-tell'), message: text }),
]);
