// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { guestEnd } from '../../model/guest-end.ts';
import { splat } from '../../model/splat.ts';
import type { BootFigures } from './boot/figures.ts';
import { BINS_PER_OCTAVE, type LogHistogram } from './boot/histogram.ts';
import { PHASES, type PhaseFigures } from './boot/phases.ts';
import { UNUSABLE_CAUSES, type Unusable } from './types.ts';

const text = z.string();
const count = z.number().int().nonnegative();
const figure = z.number().nullable();

const histogram: z.ZodType<LogHistogram> = z.strictObject({
  binsPerOctave: z.literal(BINS_PER_OCTAVE),
  bins: z.array(z.tuple([z.number().int(), count]).readonly()).readonly(),
  total: count,
});

const phase: z.ZodType<PhaseFigures> = z.strictObject({
  phase: z.enum(PHASES),
  lastsUs: z.number(),
  excessUs: z.number(),
});

const figures: z.ZodType<BootFigures> = z.strictObject({
  cycles: count,
  inside: histogram,
  during: histogram,
  outside: histogram,
  excessUs: figure,
  worstUs: figure,
  excessCauses: z
    .strictObject({ interruptUs: z.number(), threadUs: z.number(), stoppedUs: z.number() })
    .readonly()
    .nullable(),
  phases: z.array(phase).readonly().nullable(),
  contenderUs: z.number(),
  operationsPerSecond: figure,
  instructions: count.nullable(),
});

const unusable: z.ZodType<Unusable> = z.strictObject({
  kind: z.literal('inconclusive'),
  cause: z.enum(UNUSABLE_CAUSES),
  reason: text,
});

/** What the host was like around one boot. */
const hostSnapshot = z
  .strictObject({
    /** Runnable tasks, one-minute average. */
    load: z.number(),
    /** Share of all CPU time since the boot began that the host's hypervisor gave to others; null when unknown. */
    steal: figure,
    /** Share that others than idle had. */
    busy: figure,
  })
  .readonly();
export type HostSnapshot = z.infer<typeof hostSnapshot>;

/** `detail` of a step's end: how its session ended, and on what. */
export const latencyDetail = z
  .strictObject({
    end: guestEnd,
    /** QEMU's command line, or what was run on the machine that is measured. */
    argv: z.array(text).readonly(),
    bootMs: figure,
    /** Null where no guest was booted. */
    accelerator: z.enum(['kvm', 'tcg']).nullable(),
    /** Of one operation by itself, until it is past the race; null where none was counted. */
    instructions: count.nullable(),
    host: hostSnapshot,
    /** What decides how much a time means on this host. */
    facts: z.record(text, text),
  })
  .readonly();
export type LatencyDetail = z.infer<typeof latencyDetail>;

/** A cycle of a boot: milliseconds since its first, and the latest wake-up of its horizon. */
const cycle = z.tuple([z.number(), z.number()]).readonly();

/** What the raw files of one boot say. */
export const latencyFinding = z
  .strictObject({
    result: z.union([unusable, figures]),
    /** Of the first cycles: `[at ms, latest wake-up ms]`; empty where the instrument does not report them. */
    cycles: z.array(cycle).readonly(),
    /** What the kernel complained about. */
    splats: z.array(splat).readonly(),
    accelerator: z.enum(['kvm', 'tcg']).nullable(),
    host: hostSnapshot,
    facts: z.record(text, text),
  })
  .readonly();
export type LatencyFinding = z.infer<typeof latencyFinding>;
