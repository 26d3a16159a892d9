// SPDX-License-Identifier: GPL-2.0-only
import { setTimeout as sleep } from 'node:timers/promises';
import { untilNextLook } from '../host/deadline.ts';
import type { GuestEnd, ThreadBeat } from '../model/guest-end.ts';
import type { LabGuest } from './guest.ts';
import { printBacktraces, printBacktracesByNmi } from './backtraces.ts';

/** A program that runs in a guest and reports what its threads do. */
export interface WatchedProgram {
  /** How it came to its end by itself. */
  ended(): Promise<GuestEnd>;
  /** Threads that were reported without progress for `limitMs` of the guest's clock or longer. */
  stalledThreads(limitMs: number): readonly ThreadBeat[];
  /** Milliseconds since it last reported anything; 0 for a program that does not report by the clock. */
  silentMs(): number;
}

/** Deadlines of a program, in milliseconds. */
export interface ProgramLimits {
  /** Of a thread without progress, by the guest's clock. */
  readonly hangMs: number;
  /** From now to its end. */
  readonly totalMs: number;
}

const LOOK_EVERY_MS = 100;

/**
 * How a program ends: by itself, by threads that hang, by silence, or by running out of time. A guest in
 * which something hangs has printed its backtraces when this resolves.
 */
export async function programEnd(
  program: WatchedProgram,
  guest: LabGuest,
  limits: ProgramLimits,
  signal: AbortSignal,
): Promise<GuestEnd> {
  const over = new AbortController();
  const racing = AbortSignal.any([over.signal, signal]);
  try {
    const end = await Promise.race([
      program.ended(),
      stalled(program, limits, racing),
      silent(program, guest, racing),
      outOfTime(limits, racing),
    ]);
    if (end.kind === 'stalled') await printBacktraces(guest, signal);
    return end;
  } finally {
    over.abort();
  }
}

async function stalled(program: WatchedProgram, { hangMs }: ProgramLimits, signal: AbortSignal): Promise<GuestEnd> {
  for (;;) {
    await untilNextLook(LOOK_EVERY_MS, signal);
    const threads = program.stalledThreads(hangMs);
    if (threads.length > 0) return { kind: 'stalled', threads };
  }
}

async function silent(program: WatchedProgram, guest: LabGuest, signal: AbortSignal): Promise<GuestEnd> {
  const { silenceMs } = guest.times;
  while (program.silentMs() < silenceMs) await untilNextLook(LOOK_EVERY_MS, signal);
  await printBacktracesByNmi(guest, signal);
  return {
    kind: 'guest-lost',
    message: `no report from the workload for ${silenceMs / 1000} s`,
    machine: null,
  };
}

async function outOfTime({ totalMs }: ProgramLimits, signal: AbortSignal): Promise<GuestEnd> {
  await sleep(totalMs, undefined, { signal });
  return { kind: 'out-of-time', message: `the workload did not end within ${totalMs / 1000} s` };
}
