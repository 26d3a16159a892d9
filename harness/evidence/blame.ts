// SPDX-License-Identifier: GPL-2.0-only
import type { Frame } from '../model/splat.ts';
import { isEntry, isHelper, isIdle, isInterruptEntry, isNoticing, isPureReporter, type Passing } from './helpers.ts';
import type { Trace, TraceKind } from './traces.ts';

/**
 * How a detector finds the guilty function.
 * - `ip`: the instruction that trapped, then its callers.
 * - `recursion`: the innermost function that fills the trace, where one does; else as `ip`.
 * - `headline`: the function that the first line names, then the trace.
 * - `trace`: the trace of the one that noticed.
 * - `first`: the first trace, be it another task's.
 * - `stall`: whatever the CPU ran when the interrupt that noticed came, be it a task or another interrupt.
 * - `named`: only what the headline names.
 * - `nobody`: no function is to blame (out of memory, a reboot).
 */
export interface Blame {
  readonly from: 'ip' | 'recursion' | 'headline' | 'trace' | 'first' | 'stall' | 'named' | 'nobody';
  readonly past: Passing;
}

/** What a splat's traces and its headline lead to. */
export interface Guilt {
  readonly guilty: string | null;
  /** Innermost first, the instruction pointer included. */
  readonly frames: readonly Frame[];
}

/** A function that stands this often in one trace calls itself. */
const RECURSION = 4;

const PREFERENCE: readonly TraceKind[] = ['main', 'cpu', 'task', 'panic'];

/** Chooses the trace of the bug itself and the function in it that is to blame. */
export function blame(how: Blame, traces: readonly Trace[], named: string | null): Guilt {
  if (how.from === 'stall') return blameStall(how.past, traces);
  const trace =
    how.from === 'first'
      ? traces.find(({ kind, frames }) => kind !== 'history' && frames.length > 0)
      : mainTrace(traces);
  const frames = trace ? framesOf(trace) : [];
  switch (how.from) {
    case 'nobody':
      return { guilty: null, frames };
    case 'named':
      return { guilty: named, frames };
    case 'headline':
      // Where nothing but the headline was kept, even a helper that it names says more than nothing.
      if (isOwn(named, frames, how.past) || frames.length === 0) return { guilty: named, frames };
      return { guilty: culprit(frames, how.past), frames };
    case 'recursion':
      return { guilty: culprit(recurring(frames), how.past) ?? culprit(frames, how.past), frames };
    case 'ip':
    case 'trace':
    case 'first':
      return { guilty: culprit(frames, how.past), frames };
  }
}

function mainTrace(traces: readonly Trace[]): Trace | undefined {
  const first = (kind: TraceKind) => {
    const own = traces.filter((trace) => trace.kind === kind && trace.frames.length > 0);
    return own.find(({ announced }) => announced) ?? own[0];
  };
  return PREFERENCE.map(first).find((trace) => trace !== undefined) ?? traces[0];
}

function framesOf(trace: Trace): Frame[] {
  return [...(trace.ip ? [trace.ip] : []), ...trace.frames.map(({ frame }) => frame)];
}

/** True when the function that the kernel names itself may be to blame. */
function isOwn(named: string | null, frames: readonly Frame[], past: Passing): boolean {
  // Lockdep looked at held locks when interrupts were enabled: the trace says where, the headline only names a lock.
  if (named === null || frames.some(({ func }) => func === 'mark_held_locks')) return false;
  const module = frames.find(({ func }) => func === named)?.module ?? null;
  return !isHelper(named, past, module);
}

/**
 * The first function that is no helper; frames that the unwinder doubts only count where there are no others.
 * Where all are helpers the instruction pointer may still say something; a name that is in every trace is worse than
 * none.
 */
function culprit(frames: readonly Frame[], past: Passing): string | null {
  const sure = frames.filter((frame) => frame.reliable);
  const considered = sure.some((frame) => !frame.isIp) ? sure : frames;
  const own = ({ func, module }: Frame) => !isHelper(func, past, module);
  const telling = ({ isIp, func }: Frame) => isIp && past !== 'stall' && !isPureReporter(func);
  const chosen = considered.find((frame) => own(frame) && !isEntry(frame.func)) ?? considered.find(own);
  return (chosen ?? considered.find(telling))?.func ?? null;
}

/** Frames of functions that call themselves again and again: what a stack is full of. */
function recurring(frames: readonly Frame[]): Frame[] {
  const sure = frames.filter(({ reliable }) => reliable);
  return sure.filter(({ func }) => sure.filter((other) => other.func === func).length >= RECURSION);
}

/** A stall is reported by an interrupt of the CPU that stalls, or from another CPU: an idle CPU is a witness only. */
function blameStall(past: Passing, traces: readonly Trace[]): Guilt {
  const own = traces.filter((trace) => trace.kind !== 'history' && trace.kind !== 'panic');
  const verdicts = own.map(ran).map((frames) => ({ guilty: stalled(frames, past), frames }));
  const trace = mainTrace(traces);
  return verdicts.find(({ guilty }) => guilty !== null) ?? { guilty: null, frames: trace ? framesOf(trace) : [] };
}

/** What is above in a trace ran when the next interrupt came: one context after the other, until one can be blamed. */
function stalled(frames: readonly Frame[], past: Passing): string | null {
  for (const context of contexts(frames)) {
    if (context.some((frame) => isIdle(frame.func))) return null;
    const func = culprit(context, past);
    if (func !== null && !isEntry(func)) return func;
  }
  return null;
}

function contexts(frames: readonly Frame[]): Frame[][] {
  const found: Frame[][] = [[]];
  for (const frame of frames) {
    const boundary = frame.isIp || isInterruptEntry(frame.func);
    if (boundary) found.push([]);
    found.at(-1)?.push(frame);
  }
  return found.filter((context) => context.length > 0);
}

/** What the CPU ran: past the interrupt that noticed, if its own functions stand in the trace. */
function ran(trace: Trace): Frame[] {
  const frames = trace.frames.map(({ frame }) => frame);
  const noticed = frames.findLastIndex(({ func }) => isNoticing(func));
  if (noticed < 0) return framesOf(trace);
  const below = frames.slice(noticed + 1);
  const entered = below.findIndex(({ isIp, func }) => isIp || isInterruptEntry(func));
  const rest = entered < 0 ? [] : below.slice(entered);
  const interrupted = rest.findIndex(({ isIp, func }) => isIp || !isInterruptEntry(func));
  return interrupted < 0 ? (trace.ip ? [trace.ip] : below) : rest.slice(interrupted);
}
