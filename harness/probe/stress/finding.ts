// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { guestEnd } from '../../model/guest-end.ts';
import { splat } from '../../model/splat.ts';
import { exposure } from '../../workload/protocol.ts';

const count = z.number().int().nonnegative();

/** What of a trial's end `step.json` has in addition to its kind. */
export const stressDetail = z.strictObject({
  end: guestEnd,
  /** QEMU's command line; empty when there was no boot to a session. */
  argv: z.array(z.string()).readonly(),
  /** From exec to the first answer; null when there was none. */
  bootMs: z.number().nullable(),
});

/** What the raw files of one trial say. No opinion. */
export const stressFinding = z
  .strictObject({
    end: guestEnd,
    splats: z.array(splat).readonly(),
    /** The last counters that arrived; null when none did. */
    exposure: exposure.nullable(),
    /** Exposed runs of the contender that may have happened after the last counters arrived (model/trial.ts). */
    unreportedExposure: count,
    /** Number of the signal that killed a worker; null when none did. */
    killedBy: count.nullable(),
    /** True when the workload's end marker arrived and every thread had joined. */
    ended: z.boolean(),
    console: z
      .strictObject({
        bytes: count,
        /**
         * True when it ends in the middle of a line or a splat, lacks lines that the kernel dropped, or the mark of a
         * program that completed.
         */
        truncated: z.boolean(),
      })
      .readonly(),
  })
  .readonly();
export type StressFinding = z.infer<typeof stressFinding>;
