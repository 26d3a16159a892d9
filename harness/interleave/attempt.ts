import type { CodePlace, HoldKind, MeanwhileKind, Observation } from '../model/interleave.ts';
import { Budget } from './budget.ts';
import { waitingPlace } from './chains.ts';
import { ACTION, MODE, PROGRESS, type Mark } from './control.ts';
import { diagnose } from './hang.ts';
import { ACTOR, HELD, type Placement } from './prepare.ts';
import type { Arrival } from './runner.ts';
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

export interface Attempt {
  readonly seen: Observation;
  readonly landed: CodePlace | null;
}

/** The held thread stands at its point, everything else is frozen: acts on it, lets go, and watches. */
export async function attempt(placement: Placement, hold: HoldKind, meanwhile: MeanwhileKind, times: AttemptTimes): Promise<Attempt> {
  await placement.control.write({
    mode: MODE[hold],
    action: ACTION[meanwhile],
    holdBoundNs: HOLD_BOUND_NS,
    go: 1,
  });
  const held = hold === 'stall' ? await stall(placement, times) : await preempt(placement, times);
  return observe(placement, held, times);
}

/** What is known when the thread is let go. */
interface Held {
  readonly swapoffReturned: boolean;
  /** Null when swapoff returned, and when it had not been called. */
  readonly waitedIn: string | null;
  readonly landed: CodePlace | null;
  readonly heldWhenSwapoffReturned: boolean;
  /** Whether the machine is over already: a splat came, or nothing did. */
  readonly over: 'no' | 'splat' | 'deadline';
}

const NOTHING_YET: Held = { swapoffReturned: false, waitedIn: null, landed: null, heldWhenSwapoffReturned: false, over: 'no' };

/** swapoff alone, the held vCPU frozen, until it returns or waits. */
async function stall(placement: Placement, times: AttemptTimes): Promise<Held> {
  const { runner, control, machine } = placement;
  const done = control.addressOf('swapoff-done');
  await runner.insert(done);
  const landed = placement.symbols.place(await machine.vcpus.readRegister(HELD, 'rip'));
  const watch = new WaitWatch(placement);
  for (;;) {
    const budget = await Budget.of(machine, times.lookMs);
    await runner.start([ACTOR]);
    const arrival = (await budget.awaitArrival(runner)) ?? (await runner.halt());
    if (arrival?.pc === done) return { ...NOTHING_YET, swapoffReturned: true, landed, heldWhenSwapoffReturned: true };
    if (await watch.waits()) return { ...NOTHING_YET, waitedIn: watch.where, landed };
  }
}

/**
 * The real-time thread is woken with the held vCPU frozen, so that the first thing that happens there is the
 * interrupt that makes way for it; from then on all run, until swapoff returns or waits.
 */
async function preempt(placement: Placement, times: AttemptTimes): Promise<Held> {
  const { runner, control, machine } = placement;
  const at = (mark: Mark): bigint => control.addressOf(mark);
  await runner.insert(at('woken'), at('hold-begin'), at('swapoff-done'));
  const wakeUp = await Budget.of(machine, times.releaseMs);
  await runner.start([ACTOR]);
  const woken = (await wakeUp.awaitArrival(runner)) ?? (await runner.halt());
  // At this point the kernel cannot wake a thread on that CPU: it holds what the wake-up needs.
  if (woken?.pc !== at('woken')) return NOTHING_YET;
  const held = await untilSwapoffEndsOrWaits(placement, times);
  await control.write({ holdRelease: 1 });
  return held;
}

async function untilSwapoffEndsOrWaits(placement: Placement, times: AttemptTimes): Promise<Held> {
  const { control, chains, machine } = placement;
  const watch = new WaitWatch(placement);
  let landed: CodePlace | null = null;
  for (;;) {
    const event = await next(placement, await Budget.of(machine, times.lookMs * VCPUS));
    if (event === 'splat') return { ...NOTHING_YET, landed, over: 'splat' };
    if (event === 'deadline') {
      if (await watch.waits()) return { ...NOTHING_YET, landed, waitedIn: watch.where };
      continue;
    }
    const mark = control.markAt(event.pc);
    if (mark === 'hold-begin') landed = waitingPlace(await chains.chainOf(placement.heldStack, []));
    if (mark === 'swapoff-done') {
      const inOperation = (await control.read()).heldState !== PROGRESS.ended;
      return { ...NOTHING_YET, swapoffReturned: true, landed, heldWhenSwapoffReturned: inOperation };
    }
  }
}

/** All run until an arrival, a whole splat, or the budget's end; stopped in each case. */
async function next({ machine, runner }: Placement, budget: Budget): Promise<Arrival | 'splat' | 'deadline'> {
  await runner.start('all');
  const wait = budget.awaitArrival(runner);
  const first = await Promise.race([wait, machine.splats.whole().then(() => 'splat' as const)]);
  if (first !== null && first !== 'splat') return first;
  const arrival = await runner.halt();
  await wait;
  if (first === 'splat') return first;
  return arrival ?? (machine.splats.titles().length > 0 ? 'splat' : 'deadline');
}

/** Lets everything go and follows it to its end. */
async function observe(placement: Placement, held: Held, times: AttemptTimes): Promise<Attempt> {
  const { runner, control, machine } = placement;
  const done = control.addressOf('done');
  await runner.insert(done);
  const budget = await Budget.of(machine, times.releaseMs * VCPUS);
  let end: Observation['end'] | null = held.over === 'no' ? null : held.over;
  while (end === null) {
    const event = await next(placement, budget);
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
      heldWhenSwapoffReturned: held.heldWhenSwapoffReturned,
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
