// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';

const text = z.string();

/** Why a machine is no longer there. */
export const machineEnd = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('powered-off') }),
  z.strictObject({ kind: z.literal('reset') }),
  z.strictObject({ kind: z.literal('ended-by-harness') }),
  z.strictObject({ kind: z.literal('killed'), signal: text }),
  z.strictObject({ kind: z.literal('failed'), exitCode: z.number().int(), stderr: text }),
]);
export type MachineEnd = z.infer<typeof machineEnd>;

/** A thread of a guest's program as it was last reported. */
export const threadBeat = z.strictObject({
  name: text,
  /** Null where the program does not report it. */
  tid: z.number().int().nullable(),
  /** What it was doing: a fault, a system call … */
  operation: text,
  /** Guest milliseconds since it last finished anything. */
  stalledMs: z.number(),
});
export type ThreadBeat = Readonly<z.infer<typeof threadBeat>>;

const withMessage = <K extends string>(kind: K) => z.strictObject({ kind: z.literal(kind), message: text });

/** How a session with a guest came to its end, as the harness saw it; the same for every kind of probe. */
export const guestEnd = z.discriminatedUnion('kind', [
  /** The program ended by itself, with its end marker and exit status 0. */
  z.strictObject({ kind: z.literal('completed') }),
  /** The console showed a splat; the guest was ended after it. */
  z.strictObject({ kind: z.literal('splat') }),
  /** Threads of the program made no progress while the guest still answered. */
  z.strictObject({ kind: z.literal('stalled'), threads: z.array(threadBeat).readonly() }),
  /** The program itself reported why it could not go on. */
  withMessage('program-failed'),
  /** The guest runs another build than was asked for; nothing was done to it. */
  withMessage('wrong-kernel'),
  /** No boot to a session. */
  withMessage('boot-failed'),
  /** QEMU or the session went away, or the guest fell silent. */
  z.strictObject({ kind: z.literal('guest-lost'), message: text, machine: machineEnd.nullable() }),
  /** The machine that runs the harness is at fault; never evidence about a kernel. */
  withMessage('host-fault'),
  /** A deadline of the harness ran out. */
  withMessage('out-of-time'),
]);
export type GuestEnd = Readonly<z.infer<typeof guestEnd>>;

/** What a session left in addition to its raw files. */
export interface SessionResult {
  readonly end: GuestEnd;
  /** Build id that the guest itself reported; null when it never did. */
  readonly guestBuildId: string | null;
  /** QEMU's command line; empty when there was no boot to a session. */
  readonly argv: readonly string[];
  /** From exec to the first answer; null when there was none. */
  readonly bootMs: number | null;
}
