// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';

/** What a kernel prints when it complains. The names follow syzbot's report types. */
export const SPLAT_TYPES = [
  'null-deref',
  'page-fault',
  'gp-fault',
  'divide-error',
  'invalid-opcode',
  'double-fault',
  'stack-overflow',
  'bug',
  'warning',
  'panic',
  'kasan',
  'kcsan',
  'kmsan',
  'kfence',
  'ubsan',
  'lockdep',
  'rcu-stall',
  'soft-lockup',
  'hard-lockup',
  'hung-task',
  'atomic-sleep',
  'bad-page',
  'memory-corruption',
  'list-corruption',
  'refcount',
  'oom',
  'reboot',
  'other',
] as const;
export type SplatType = (typeof SPLAT_TYPES)[number];

/** A bad access to memory: the types that a use-after-free or NULL dereference can show itself as. */
export const BAD_ACCESS: ReadonlySet<SplatType> = new Set(['null-deref', 'page-fault', 'gp-fault', 'kasan', 'kfence']);

/** One line of a call trace. */
export interface Frame {
  /** Function name without `.isra.0` and the like. */
  readonly func: string;
  /** The symbol as printed. */
  readonly symbol: string;
  /** Bytes from the symbol's start; null where the kernel printed none. */
  readonly offset: number | null;
  /** Size of the function in bytes; null where the kernel printed none. */
  readonly size: number | null;
  readonly module: string | null;
  /** False for frames the unwinder printed with `?`. */
  readonly reliable: boolean;
  /** True for the RIP: the instruction itself, not a return address. */
  readonly isIp: boolean;
  /** `file:line` of the frame, when symbolised; null before. */
  readonly location: string | null;
  /**
   * Functions inlined at this address, innermost first, each with its own location; empty when none or not symbolised.
   */
  readonly inlined: readonly { readonly func: string; readonly location: string | null }[];
}

/** Why a splat is less than whole. */
export type Damage = 'truncated' | 'interleaved' | 'lost-lines' | 'binary';

/** One complaint of a kernel, from its first line to its last. */
export interface Splat {
  /** In syzbot's form: `BUG: unable to handle kernel NULL pointer dereference in __swap_duplicate`. */
  readonly title: string;
  readonly type: SplatType;
  /** The function to blame, chosen past helpers; null when the trace names none. */
  readonly guilty: string | null;
  /** Innermost first, the RIP included. */
  readonly frames: readonly Frame[];
  /** Faulting address as printed (hexadecimal without 0x), when the kernel names one. */
  readonly address: string | null;
  /** `CPU: 1 PID: 98 Comm: …` as numbers and text, when printed. */
  readonly cpu: number | null;
  readonly pid: number | null;
  readonly comm: string | null;
  /** Empty when whole. */
  readonly damaged: readonly Damage[];
  /** Lines of the log, 0-based, first and one past the last. */
  readonly startLine: number;
  readonly endLine: number;
  /** The lines themselves, cleaned of prefixes that belong to the transport, joined by \n. */
  readonly text: string;
}

/** Turns addresses of a kernel's own vmlinux into file, line and inlined callers. */
export interface Symbolizer {
  /** The same splats with `location` and `inlined` filled in where the vmlinux knows. */
  symbolize(splats: readonly Splat[], signal: AbortSignal): Promise<Splat[]>;
}

const text = z.string();
const count = z.number().int().nonnegative();

/** Types of splats are the scanner's to name; here they are text. */
export const splatType = text as unknown as z.ZodType<Splat['type']>;

const frame: z.ZodType<Frame> = z.strictObject({
  func: text,
  symbol: text,
  offset: z.number().nullable(),
  size: z.number().nullable(),
  module: text.nullable(),
  reliable: z.boolean(),
  isIp: z.boolean(),
  location: text.nullable(),
  inlined: z.array(z.strictObject({ func: text, location: text.nullable() })),
});

export const splat: z.ZodType<Splat> = z.strictObject({
  title: text,
  type: splatType,
  guilty: text.nullable(),
  frames: z.array(frame),
  address: text.nullable(),
  cpu: z.number().nullable(),
  pid: z.number().nullable(),
  comm: text.nullable(),
  damaged: z.array(z.enum(['truncated', 'interleaved', 'lost-lines', 'binary'])),
  startLine: count,
  endLine: count,
  text,
});
