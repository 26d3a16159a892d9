// SPDX-License-Identifier: GPL-2.0-only
import type { CodePlace, HoldKind, MeanwhileKind, Observation } from '../model/interleave.ts';
import { Budget } from './budget.ts';
import { waitingPlace } from './chains.ts';
import { cpuTaken } from './cpu-taken.ts';
import { ACTION, MODE, PROGRESS, type Mark } from './control.ts';
import { diagnose } from './hang.ts';
import { ACTOR, HELD, type Placement } from './prepare.ts';
import { runOn } from './run-on.ts';
import type { Arrival } from './runner.ts';
import { stackBase } from './stack.ts';
import { WaitWatch } from './wait-watch.ts';

/** How long the parts of an attempt may take, milliseconds that a vCPU runs. */
export interface AttemptTimes {
  /** Between two looks at a swapoff that has not returned. */
  readonly lookMs: number;
  /** From the release to the end of everything; longer is a hang. */
  readonly releaseMs: number;
}

export const DEFAULT_TIMES: AttemptTimes = { lookMs: 40, releaseMs: 2_500 };

/** Longest that the holder keeps its CPU when the harness has gone, in guest time. */
const HOLD_BOUND_NS = 20_000_000_000;
const VCPUS = 2;

/** What is done to the thread and what the other side does. */
export interface Interleaving {
  readonly hold: HoldKind;
  readonly meanwhile: MeanwhileKind;
  /** `function` or `function+offset` at which swapoff is kept until the thread has gone on; null lets it return. */
  readonly swapoffTo: string | null;
}

export interface Attempt {
  readonly seen: Observation;
  readonly landed: CodePlace | null;
}

/** The held thread stands at its point, everything else is frozen: acts on it, lets go, and watches. */
export async function attempt(placement: Placement, interleaving: Interleaving, times: AttemptTimes): Promise<Attempt> {
  return letGo(placement, await holdMeanwhile(placement, interleaving, times), interleaving, times);
}

/** The second half of an attempt: the held thread goes on, and everything is followed to its end. */
export async function letGo(
  placement: Placement,
  held: Held,
  { swapoffTo }: Interleaving,
  times: AttemptTimes,
): Promise<Attempt> {
  if (held.swapoffKept) await goOnAlone(placement, times);
  return observe(placement, held, swapoffTo, times);
}

/**
 * The first half of an attempt: the other side has done what it is to do, everything is stopped, and whatever lets the
 * vCPUs run lets the held thread go.
 */
export async function holdMeanwhile(
  placement: Placement,
  interleaving: Interleaving,
  times: AttemptTimes,
): Promise<Held> {
  const { hold, meanwhile, swapoffTo } = interleaving;
  const keepAt = swapoffTo === null ? null : placement.symbols.addressAt(swapoffTo);
  await placement.control.write({
    mode: MODE[hold],
    action: ACTION[meanwhile],
    holdBoundNs: HOLD_BOUND_NS,
    go: 1,
  });
  const held = hold === 'stall' ? await stall(placement, keepAt, times) : await preempt(placement, keepAt, times);
  if (keepAt !== null) await placement.runner.remove(keepAt);
  return held;
}

/** What is known when the thread is let go. */
export interface Held {
  readonly swapoffReturned: boolean;
  /** Null when swapoff returned, and when the hold could not begin. */
  readonly waitedIn: string | null;
  readonly swapoffKept: boolean;
  readonly landed: CodePlace | null;
  readonly heldWhenOvertaken: boolean;
}

const NOTHING_YET: Held = {
  swapoffReturned: false,
  waitedIn: null,
  swapoffKept: false,
  landed: null,
  heldWhenOvertaken: false,
};

/**
 * swapoff alone, the held vCPU frozen, until it returns, waits, or is where it is to be kept.
 *
 * @throws GuestError `CPU_TAKEN` as `preempt` does.
 */
async function stall(placement: Placement, keepAt: bigint | null, times: AttemptTimes): Promise<Held> {
  const { runner, control, machine } = placement;
  const done = control.addressOf('swapoff-done');
  await runner.insert(done, ...(keepAt === null ? [] : [keepAt]));
  const landed = placement.symbols.place(await machine.vcpus.readRegister(HELD, 'rip'));
  const watch = WaitWatch.ofSwapoff(placement);
  for (;;) {
    const budget = await Budget.of(machine, times.lookMs);
    await runner.start([ACTOR]);
    const arrival = (await budget.awaitArrival(runner)) ?? (await runner.halt());
    if (arrival?.pc === done) return { ...NOTHING_YET, swapoffReturned: true, landed, heldWhenOvertaken: true };
    if (await isSwapoffAt(placement, arrival, keepAt))
      return { ...NOTHING_YET, swapoffKept: true, landed, heldWhenOvertaken: true };
    if (arrival !== null) continue;
    if (!(await watch.waits())) continue;
    if (watch.where === null) throw await cpuTaken(placement);
    return { ...NOTHING_YET, waitedIn: watch.where, landed };
  }
}

/**
 * The real-time thread is woken with the held vCPU frozen, so that the first thing that happens there is the
 * interrupt that makes way for it; from then on all run, until swapoff returns or waits.
 *
 * @throws GuestError `CPU_TAKEN` when something else has swapoff's CPU all the time.
 */
async function preempt(placement: Placement, keepAt: bigint | null, times: AttemptTimes): Promise<Held> {
  const { runner, control, machine } = placement;
  const at = (mark: Mark): bigint => control.addressOf(mark);
  await runner.insert(at('woken'), at('hold-begin'), at('swapoff-done'));
  const wakeUp = await Budget.of(machine, times.releaseMs);
  await runner.start([ACTOR]);
  const woken = (await wakeUp.awaitArrival(runner)) ?? (await runner.halt());
  // At this point the kernel cannot wake a thread on that CPU: it holds what the wake-up needs.
  if (woken?.pc !== at('woken')) return NOTHING_YET;
  if (keepAt !== null) await runner.insert(keepAt);
  const held = await untilSwapoffEndsOrWaits(placement, keepAt, times);
  await control.write({ holdRelease: 1 });
  return held;
}

async function untilSwapoffEndsOrWaits(
  placement: Placement,
  keepAt: bigint | null,
  times: AttemptTimes,
): Promise<Held> {
  const { control, chains, machine } = placement;
  const watch = WaitWatch.ofSwapoff(placement);
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
    if (mark === 'hold-begin') landed = waitingPlace(await chains.chainOf(placement.heldStack, []));
    const swapoffKept = await isSwapoffAt(placement, event, keepAt);
    if (!swapoffKept && mark !== 'swapoff-done') continue;
    const inOperation = (await control.read()).heldState !== PROGRESS.ended;
    return { ...NOTHING_YET, swapoffReturned: !swapoffKept, swapoffKept, landed, heldWhenOvertaken: inOperation };
  }
}

/** Other threads come to the same place. */
async function isSwapoffAt(
  { machine, actorStack }: Placement,
  arrival: Arrival | null,
  keepAt: bigint | null,
): Promise<boolean> {
  if (arrival === null || arrival.pc !== keepAt) return false;
  return stackBase(await machine.vcpus.readRegister(arrival.thread, 'rsp')) === actorStack;
}

/** swapoff's vCPU frozen: the held thread runs until its operation ends, or it waits for what swapoff has. */
async function goOnAlone(placement: Placement, times: AttemptTimes): Promise<void> {
  const { runner, control, machine } = placement;
  const ended = control.addressOf('held-done');
  await runner.insert(ended);
  const watch = WaitWatch.ofHeld(placement);
  for (;;) {
    const event = await runOn(placement, [HELD], await Budget.of(machine, times.lookMs));
    if (event === 'splat') break;
    if (event === 'deadline' ? await watch.waits() : event.pc === ended) break;
  }
  await runner.remove(ended);
}

/** Lets everything go and follows it to its end; a splat that has begun comes whole on the way. */
async function observe(
  placement: Placement,
  held: Held,
  swapoffTo: string | null,
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
      splat: machine.splats.titles()[0] ?? null,
      swapoffReturned: held.swapoffReturned,
      waitedIn: held.waitedIn,
      swapoffTo,
      swapoffKept: held.swapoffKept,
      heldWhenOvertaken: held.heldWhenOvertaken,
      swapoffErrno: words.swapoffErrno,
      swaponErrno: words.swaponErrno,
      heldErrno: words.heldErrno,
      majorFaults: words.majorFaults,
      badPages: words.badPages,
      childBadPages: words.childBadPages,
      swapAreasLeft: words.swapAreas,
      swapAreasMeant: words.action === ACTION['swapoff+swapon'] && words.swaponErrno === 0 ? 1 : 0,
      swapUsedKiB: words.swapUsedKiB,
      ...stuck,
    },
  };
}
