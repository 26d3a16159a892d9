// SPDX-License-Identifier: GPL-2.0-only
import type { ReaderWait, Unusable, WakeUp, WakeUpCauses } from '../types.ts';

/** A line of the trace: `comm-pid [cpu] flags seconds.microseconds: text`. */
const LINE = /^\s*.+-\d+\s+\[(\d+)\]\s+\S+\s+(\d+)\.(\d{6}): (.*)$/;
const WAKE_UP = /^#(\d+)\s+context\s+(irq|thread) timer_latency\s+(\d+) ns$/;
const SWITCH = /^sched_switch: prev_comm=(.*) prev_pid=\d+ .* ==> next_comm=(.*) next_pid=\d+ /;
/** Written to the trace when its probes of waits were set. */
const WAITS_TRACED = /: tracing_mark_write: waits are traced$/m;
const WAIT = /^wait_(begins|ends)_\w+: /;
const STOPPER = /^migration\/\d+$/;

/** One event of timerlat; nanoseconds of CLOCK_MONOTONIC. */
interface TimerlatEvent {
  readonly atNs: number;
  readonly number: number;
  readonly context: 'irq' | 'thread';
  readonly latencyNs: number;
}

/** While a CPU's stopper thread had it. */
interface Stop {
  readonly fromNs: number;
  readonly toNs: number;
}

/** An interrupt of the timer, with the wake-up that followed it. */
interface Activation {
  /** At or after the time for which the timer was set: what is traced is traced later. */
  readonly seemsDueNs: number;
  readonly interruptAfterNs: number;
  readonly threadAfterNs: number;
}

interface TracedCpu {
  readonly events: TimerlatEvent[];
  readonly stops: Stop[];
  stopBegun: number | null;
}

/**
 * Reads the kernel's text of a trace of timerlat with the scheduler's switches to and from stopper threads
 * (timerlat.c of the race’s program latency). timerlat leaves out the points of its grid that are over when its thread
 * ran; they are put in here with the time until then, so that a long stop is as many late wake-ups as for the sampler.
 * One that came between the thread's look at the clock and its next sleep has no latency.
 *
 * @returns each CPU's wake-ups in their order, not yet checked for gaps; inconclusive where an event lacks.
 */
export function parseTimerlat(text: string, intervalNs: number): readonly WakeUp[] | Unusable {
  const cpus = tracedCpus(text);
  const wakeUps: WakeUp[] = [];
  for (const [cpu, { events, stops, stopBegun }] of cpus) {
    const activations = activationsOf(cpu, events);
    if ('kind' in activations) return activations;
    const all = stopBegun === null ? stops : [...stops, { fromNs: stopBegun, toNs: Infinity }];
    for (const wakeUp of onGrid(activations, intervalNs))
      wakeUps.push({ cpu, ...wakeUp, causes: causesOf(wakeUp, all) });
  }
  return wakeUps;
}

/**
 * When the contender waited for readers, by probes of the functions with which it does (timerlat.c of the race’s
 * program latency); null where the kernel has no such probes. A wait whose end was not traced is left out.
 */
export function parseWaits(text: string): readonly ReaderWait[] | null {
  if (!WAITS_TRACED.test(text)) return null;
  const waits: ReaderWait[] = [];
  let begun: number | null = null;
  for (const line of text.split('\n')) {
    const event = eventOf(line);
    const [, what] = WAIT.exec(event?.what ?? '') ?? [];
    if (event === null || what === undefined) continue;
    if (what === 'begins') begun = event.atNs;
    else if (begun !== null) {
      waits.push({ fromNs: begun, toNs: event.atNs });
      begun = null;
    }
  }
  return waits;
}

interface TracedEvent {
  readonly cpu: number;
  readonly atNs: number;
  readonly what: string;
}

function eventOf(line: string): TracedEvent | null {
  const [, cpu, seconds, micros, what] = LINE.exec(line) ?? [];
  return what === undefined ? null : { cpu: Number(cpu), atNs: Number(seconds) * 1e9 + Number(micros) * 1000, what };
}

function tracedCpus(text: string): Map<number, TracedCpu> {
  const cpus = new Map<number, TracedCpu>();
  for (const line of text.split('\n')) {
    const traced = eventOf(line);
    if (traced === null) continue;
    const { atNs, what } = traced;
    const cpu = cpus.get(traced.cpu) ?? { events: [], stops: [], stopBegun: null };
    cpus.set(traced.cpu, cpu);
    const [, number, context, latency] = WAKE_UP.exec(what) ?? [];
    if (number !== undefined) {
      cpu.events.push({
        atNs,
        number: Number(number),
        context: context as TimerlatEvent['context'],
        latencyNs: Number(latency),
      });
    }
    const [, previous, next] = SWITCH.exec(what) ?? [];
    if (previous !== undefined && STOPPER.test(previous)) {
      cpu.stops.push({ fromNs: cpu.stopBegun ?? -Infinity, toNs: atNs });
      cpu.stopBegun = null;
    }
    if (next !== undefined && STOPPER.test(next)) cpu.stopBegun = atNs;
  }
  return cpus;
}

/**
 * Interrupt and wake-up, in turns and numbered one by one. The threads run before the trace begins, so it may begin
 * with any of them; a trace that lost its beginning does not span the cycles. The last interrupt may be without a
 * wake-up.
 */
function activationsOf(cpu: number, traced: readonly TimerlatEvent[]): readonly Activation[] | Unusable {
  const events = traced.slice(traced[0]?.context === 'thread' ? 1 : 0);
  const first = events[0]?.number ?? 1;
  const activations: Activation[] = [];
  for (const [index, event] of events.entries()) {
    const number = Math.floor(index / 2) + first;
    const context = index % 2 === 0 ? 'irq' : 'thread';
    if (event.number !== number || event.context !== context) {
      return truncated(`CPU ${cpu} has ${event.context} ${event.number} where ${context} ${number} is due`);
    }
    const interrupt = events[index - 1];
    if (event.context === 'irq' || interrupt === undefined) continue;
    if (event.latencyNs < interrupt.latencyNs) return truncated(`CPU ${cpu} ran thread ${number} before its interrupt`);
    activations.push({
      seemsDueNs: Math.min(interrupt.atNs - interrupt.latencyNs, event.atNs - event.latencyNs),
      interruptAfterNs: interrupt.latencyNs,
      threadAfterNs: event.latencyNs,
    });
  }
  return activations;
}

/** A point of the grid: when its interrupt came, when its thread ran. */
interface GridPoint {
  readonly expectedNs: number;
  readonly latencyNs: number;
  readonly interruptNs: number;
}

/** The timer is set for points of one grid, whose phase is that of the activation that was traced soonest. */
function onGrid(activations: readonly Activation[], intervalNs: number): GridPoint[] {
  const steps = stepsOf(activations, intervalNs);
  const phase = Math.min(
    ...activations.map(({ seemsDueNs }, index) => seemsDueNs - (steps[index] as number) * intervalNs),
  );
  return activations.flatMap(({ interruptAfterNs, threadAfterNs }, index) => {
    const step = steps[index] as number;
    const count = (steps[index + 1] ?? step + 1) - step;
    const dueNs = phase + step * intervalNs;
    return Array.from({ length: count }, (_, left): GridPoint => ({
      expectedNs: dueNs + left * intervalNs,
      latencyNs: Math.max(0, threadAfterNs - left * intervalNs),
      interruptNs: Math.max(0, interruptAfterNs - left * intervalNs),
    }));
  });
}

/** Number on the grid of each activation. What seems due is never too early, so the one that follows bounds it. */
function stepsOf(activations: readonly Activation[], intervalNs: number): number[] {
  const origin = activations[0]?.seemsDueNs ?? 0;
  const steps = activations.map(({ seemsDueNs }) => Math.round((seemsDueNs - origin) / intervalNs));
  for (let index = steps.length - 2; index >= 0; index--)
    steps[index] = Math.min(steps[index] as number, (steps[index + 1] as number) - 1);
  return steps;
}

function causesOf({ expectedNs, latencyNs, interruptNs }: GridPoint, stops: readonly Stop[]): WakeUpCauses {
  const stoppedUntil = (afterNs: number): number =>
    stops.reduce(
      (sum, { fromNs, toNs }) => sum + Math.max(0, Math.min(toNs, expectedNs + afterNs) - Math.max(fromNs, expectedNs)),
      0,
    );
  const stoppedNs = stoppedUntil(latencyNs);
  const beforeInterrupt = interruptNs - stoppedUntil(interruptNs);
  return { interruptNs: beforeInterrupt, threadNs: latencyNs - stoppedNs - beforeInterrupt, stoppedNs };
}

function truncated(reason: string): Unusable {
  return { kind: 'inconclusive', cause: 'truncated', reason: `the trace is not whole: ${reason}` };
}
