// SPDX-License-Identifier: GPL-2.0-only
import type { Frame } from '../model/splat.ts';
import type { Trace, TraceKind, TracedFrame } from './frames.ts';
import { isEntry, isHelper, isIdle, type Passing } from './helpers.ts';

/**
 * How a detector finds the guilty function.
 * - `ip`: the instruction that trapped, then its callers.
 * - `headline`: the function that the first line names, then the trace.
 * - `trace`: the trace of whoever noticed.
 * - `first`: the first trace, be it another task's.
 * - `stall`: whoever the interrupted CPU ran, past the interrupt that noticed.
 * - `named`: only what the headline names.
 * - `nobody`: no function is to blame (out of memory, a reboot).
 */
export interface Blame {
  readonly from: 'ip' | 'headline' | 'trace' | 'first' | 'stall' | 'named' | 'nobody';
  readonly past: Passing;
}

/** What a splat's traces and its headline lead to. */
export interface Guilt {
  readonly guilty: string | null;
  /** Innermost first, the instruction pointer included. */
  readonly frames: readonly Frame[];
}

const PREFERENCE: readonly TraceKind[] = ['main', 'cpu', 'task', 'panic'];

/** Chooses the trace that tells about the bug itself and the function in it that is to blame. */
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
      return {
        guilty: named !== null && !isHelper(named, how.past) ? named : (culprit(frames, how.past) ?? named),
        frames,
      };
    case 'ip':
    case 'trace':
    case 'first':
      return { guilty: culprit(frames, how.past), frames };
  }
}

function mainTrace(traces: readonly Trace[]): Trace | undefined {
  const first = (kind: TraceKind) => traces.find((trace) => trace.kind === kind && trace.frames.length > 0);
  return PREFERENCE.map(first).find((trace) => trace !== undefined) ?? traces[0];
}

function framesOf(trace: Trace): Frame[] {
  return [...(trace.ip ? [trace.ip] : []), ...trace.frames.map(({ frame }) => frame)];
}

/**
 * The first function that is no helper; frames that the unwinder doubts only count where there are no others.
 * Where all are helpers the outermost is nearest to the cause.
 */
function culprit(frames: readonly Frame[], past: Passing): string | null {
  const sure = frames.filter((frame) => frame.reliable);
  const considered = sure.some((frame) => !frame.isIp) ? sure : frames;
  const own = considered.filter((frame) => !isEntry(frame.func));
  const notHelper = (frame: Frame) => !isHelper(frame.func, past);
  return (own.find(notHelper) ?? considered.find(notHelper) ?? own.at(-1))?.func ?? null;
}

/** A stall is reported by an interrupt of the CPU that stalls, or from another CPU: an idle CPU is a witness only. */
function blameStall(past: Passing, traces: readonly Trace[]): Guilt {
  const ran = traces.filter((trace) => trace.kind !== 'history' && trace.kind !== 'panic').map(interrupted);
  const verdicts = ran.map((frames) => ({ guilty: stalled(frames, past), frames }));
  return verdicts.find(({ guilty }) => guilty !== null) ?? inInterrupt(past, traces);
}

/** Where no task was interrupted the interrupt itself takes too long. */
function inInterrupt(past: Passing, traces: readonly Trace[]): Guilt {
  const frames = mainTrace(traces)?.frames.map(({ frame }) => frame) ?? [];
  return { guilty: stalled(frames, past), frames };
}

function stalled(frames: readonly Frame[], past: Passing): string | null {
  const func = frames.some((frame) => isIdle(frame.func)) ? null : culprit(frames, past);
  return func === null || isEntry(func) || isHelper(func, past) ? null : func;
}

/** What ran when the interrupt came: from the last interrupt stack on, or from the interrupted registers. */
function interrupted(trace: Trace): Frame[] {
  const noticed = trace.frames.findLastIndex(({ stack }: TracedFrame) => stack !== 'task');
  const below = trace.frames.slice(noticed + 1).map(({ frame }) => frame);
  const registers = below.findIndex((frame) => frame.isIp);
  if (registers >= 0) return below.slice(registers);
  return noticed >= 0 || !trace.ip ? below : [trace.ip, ...below];
}
