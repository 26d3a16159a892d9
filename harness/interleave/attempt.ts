// SPDX-License-Identifier: GPL-2.0-only
import type { CodePlace, HoldKind, Observation } from '../model/interleave.ts';
import { Budget } from './budget.ts';
import { waitingPlace } from './chains.ts';
import { cpuTaken } from './cpu-taken.ts';
import { MODE, PROGRESS, type Mark } from './control.ts';
import { diagnose } from './hang.ts';
import { ACTOR, HELD, type Placement } from './prepare.ts';
import { runOn } from './run-on.ts';
import type { Arrival } from './runner.ts';
import { stackBase } from './stack.ts';
import { WaitWatch } from './wait-watch.ts';

/** How long the parts of an attempt may take, milliseconds that a vCPU runs. */
export interface AttemptTimes {
  /** Between two looks at a contender that has not returned. */
  readonly lookMs: number;
  /** From the release to the end of everything; longer is a hang. */
  readonly releaseMs: number;
}

export const DEFAULT_TIMES: AttemptTimes = { lookMs: 40, releaseMs: 2_500 };

/** Longest that the holder keeps its CPU when the harness has gone, in guest time. */
const HOLD_BOUND_NS = 20_000_000_000;
const VCPUS = 2;

/** What is done to both sides. */
export interface Interleaving {
  readonly hold: HoldKind;
  /**
   * `function` or `function+offset` at which the contender is kept until the thread has gone on; null lets it return.
   */
  readonly contenderTo: string | null;
}

export interface Attempt {
  readonly seen: Observation;
  readonly landed: CodePlace | null;
}

/** The held thread stands at its point, everything else is frozen: acts on it, releases it, and watches. */
export async function attempt(placement: Placement, interleaving: Interleaving, times: AttemptTimes): Promise<Attempt> {
  return release(placement, await holdMeanwhile(placement, interleaving, times), interleaving, times);
}

/** The second half of an attempt: the held thread goes on, and everything is followed to its end. */
export async function release(
  placement: Placement,
  held: Held,
  { contenderTo }: Interleaving,
  times: AttemptTimes,
): Promise<Attempt> {
  if (held.contenderKept) await goOnAlone(placement, times);
  return observe(placement, held, contenderTo, times);
}

/**
 * The first half of an attempt: the other side has done what it is to do, everything is stopped, and whatever lets the
 * vCPUs run releases the held thread.
 */
export async function holdMeanwhile(
  placement: Placement,
  interleaving: Interleaving,
  times: AttemptTimes,
): Promise<Held> {
  const { hold, contenderTo } = interleaving;
  const keepAt = contenderTo === null ? null : placement.symbols.addressAt(contenderTo);
  await placement.control.write({
    mode: MODE[hold],
    hold_bound_ns: HOLD_BOUND_NS,
    go: 1,
  });
  const held = hold === 'stall' ? await stall(placement, keepAt, times) : await preempt(placement, keepAt, times);
  if (keepAt !== null) await placement.runner.remove(keepAt);
  return held;
}

/** What is known when the thread is released. */
export interface Held {
  readonly contenderReturned: boolean;
  /** Null when the contender returned, and when the hold could not begin. */
  readonly waitedIn: string | null;
  readonly contenderKept: boolean;
  readonly landed: CodePlace | null;
  readonly heldWhenOvertaken: boolean;
}

const NOTHING_YET: Held = {
  contenderReturned: false,
  waitedIn: null,
  contenderKept: false,
  landed: null,
  heldWhenOvertaken: false,
};

/**
 * The contender alone, the held vCPU frozen, until it returns, waits, or is where it is to be kept.
 *
 * @throws CpuTakenError as `preempt` does.
 */
async function stall(placement: Placement, keepAt: bigint | null, times: AttemptTimes): Promise<Held> {
  const { runner, control, machine } = placement;
  const done = control.addressOf('contender_done');
  await runner.insert(done, ...(keepAt === null ? [] : [keepAt]));
  const landed = placement.symbols.place(await machine.vcpus.readRegister(HELD, 'rip'));
  const watch = WaitWatch.ofContender(placement);
  for (;;) {
    const budget = await Budget.of(machine, times.lookMs);
    await runner.start([ACTOR]);
    const arrival = (await budget.awaitArrival(runner)) ?? (await runner.halt());
    if (arrival?.pc === done) return { ...NOTHING_YET, contenderReturned: true, landed, heldWhenOvertaken: true };
    if (await isContenderAt(placement, arrival, keepAt))
      return { ...NOTHING_YET, contenderKept: true, landed, heldWhenOvertaken: true };
    if (arrival !== null) continue;
    if (!(await watch.waits())) continue;
    if (watch.where === null) throw await cpuTaken(placement);
    return { ...NOTHING_YET, waitedIn: watch.where, landed };
  }
}

/**
 * The real-time thread is woken with the held vCPU frozen, so that the first thing that happens there is the
 * interrupt that makes way for it; from then on all run, until the contender returns or waits.
 *
 * @throws CpuTakenError when something else has the contender's CPU all the time.
 */
async function preempt(placement: Placement, keepAt: bigint | null, times: AttemptTimes): Promise<Held> {
  const { runner, control, machine } = placement;
  const at = (mark: Mark): bigint => control.addressOf(mark);
  await runner.insert(at('woken'), at('hold_begin'), at('contender_done'));
  const wakeUp = await Budget.of(machine, times.releaseMs);
  await runner.start([ACTOR]);
  const woken = (await wakeUp.awaitArrival(runner)) ?? (await runner.halt());
  // At this point the kernel cannot wake a thread on that CPU: it holds what the wake-up needs.
  if (woken?.pc !== at('woken')) return NOTHING_YET;
  if (keepAt !== null) await runner.insert(keepAt);
  const held = await untilContenderEndsOrWaits(placement, keepAt, times);
  await control.write({ hold_release: 1 });
  return held;
}

async function untilContenderEndsOrWaits(
  placement: Placement,
  keepAt: bigint | null,
  times: AttemptTimes,
): Promise<Held> {
  const { control, chains, machine } = placement;
  const watch = WaitWatch.ofContender(placement);
  let landed: CodePlace | null = null;
  for (;;) {
    const event = await runOn(placement, 'all', await Budget.of(machine, times.lookMs * VCPUS));
    if (event === 'splat') return { ...NOTHING_YET, landed };
    if (event === 'deadline') {
      if (!(await watch.waits())) continue;
      if (watch.where === null) throw await cpuTaken(placement);
      return { ...NOTHING_YET, landed, waitedIn: watch.where };
    }
    const mark = control.markAt(event.pc);
    if (mark === 'hold_begin') landed = waitingPlace(await chains.chainOf(placement.heldStack, []));
    const contenderKept = await isContenderAt(placement, event, keepAt);
    if (!contenderKept && mark !== 'contender_done') continue;
    const inOperation = (await control.read()).held_state !== PROGRESS.ended;
    return { ...NOTHING_YET, contenderReturned: !contenderKept, contenderKept, landed, heldWhenOvertaken: inOperation };
  }
}

/** Other threads come to the same place. */
async function isContenderAt(
  { machine, actorStack }: Placement,
  arrival: Arrival | null,
  keepAt: bigint | null,
): Promise<boolean> {
  if (arrival === null || arrival.pc !== keepAt) return false;
  return stackBase(await machine.vcpus.readRegister(arrival.thread, 'rsp')) === actorStack;
}

/** The contender's vCPU frozen: the held thread runs until its operation ends, or it waits for what that has. */
async function goOnAlone(placement: Placement, times: AttemptTimes): Promise<void> {
  const { runner, control, machine } = placement;
  const ended = control.addressOf('held_done');
  await runner.insert(ended);
  const watch = WaitWatch.ofHeld(placement);
  for (;;) {
    const event = await runOn(placement, [HELD], await Budget.of(machine, times.lookMs));
    if (event === 'splat') break;
    if (event === 'deadline' ? await watch.waits() : event.pc === ended) break;
  }
  await runner.remove(ended);
}

/** Releases everything and follows it to its end; a splat that has begun comes whole on the way. */
async function observe(
  placement: Placement,
  held: Held,
  contenderTo: string | null,
  times: AttemptTimes,
): Promise<Attempt> {
  const { runner, control, machine } = placement;
  const done = control.addressOf('done');
  await runner.insert(done);
  const budget = await Budget.of(machine, times.releaseMs * VCPUS);
  let end: Observation['end'] | null = null;
  while (end === null) {
    const event = await runOn(placement, 'all', budget);
    if (event === 'splat' || event === 'deadline') end = event;
    else if (event.pc === done) end = 'done';
  }
  const words = await control.read();
  const stuck = end === 'deadline' ? await diagnose(placement) : { backtraces: {}, stuckIn: null };
  return {
    landed: held.landed,
    seen: {
      end,
      splat: machine.splats.splats()[0] ?? null,
      contenderReturned: held.contenderReturned,
      waitedIn: held.waitedIn,
      contenderTo,
      contenderKept: held.contenderKept,
      heldWhenOvertaken: held.heldWhenOvertaken,
      contenderErrno: words.contender_errno,
      heldErrno: words.held_errno,
      majorFaults: words.major_faults,
      wrongs: words.wrongs,
      ...stuck,
    },
  };
}
