// SPDX-License-Identifier: GPL-2.0-only
import type { StopEvent } from '../../model/interleave.ts';
import { MachineLostError } from '../../model/errors.ts';
import { GdbError } from './errors.ts';

/** True for what the stub sends when the machine stops, asked or not. Answers to other packets never look like it. */
export function looksLikeStop(payload: string): boolean {
  return /^[TSWX][0-9a-f]{2}/.test(payload);
}

/**
 * Reads a stop reply (appendix E.3).
 *
 * @throws MachineLostError `GDB_ENDED` when the machine is gone, `GDB_PROTOCOL` for anything else.
 */
export function parseStop(payload: string): StopEvent {
  const match = /^([TSWX])([0-9a-f]{2})(.*)$/s.exec(payload);
  if (match === null) throw new GdbError('GDB_PROTOCOL', `Not a stop reply: ${payload.slice(0, 80)}`);
  const [, kind, number, rest] = match as unknown as [string, string, string, string];
  if (kind === 'W' || kind === 'X')
    throw new MachineLostError('GDB_ENDED', `The machine ended under the debugger (${payload.slice(0, 20)})`);
  const thread = /(?:^|;)thread:(?:p[0-9a-f]+\.)?([0-9a-f]+)/.exec(rest)?.[1] ?? null;
  return { signal: Number.parseInt(number, 16), thread: thread === null ? null : Number.parseInt(thread, 16) };
}
