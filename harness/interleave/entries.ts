// SPDX-License-Identifier: GPL-2.0-only
import { GuestError } from '../model/errors.ts';
import type { PathPoint } from '../model/interleave.ts';
import { SCHEDULING } from './chains.ts';
import { NotPlacedError } from './errors.ts';
import { PointNamer, type TracedPath } from './path.ts';
import { HELD, type Placement } from './prepare.ts';
import type { Arrival } from './runner.ts';
import { stackBase } from './stack.ts';
import type { Walker } from './walk.ts';

/** Snapshot in which the held thread stands at the end of the stepped path. */
const STEPPED = 'stepped';
/** Milliseconds without any arrival; a guest that is this slow is stuck. */
const ARRIVES_WITHIN_MS = 20_000;
/** Breakpoints that the held thread meets, at most. */
const MOST_POINTS = 2_000;

/** Names functions that a thread may enter once it goes on, from those in which it stands, innermost first. */
export type FunctionsAhead = (chain: readonly string[]) => Promise<readonly string[]>;

/**
 * The path after the part that is stepped: stepping, with interrupts masked, cannot pass a sleep; breakpoints can. The
 * points that exist this way are the entries of the given functions that the thread makes in one run without any hold.
 *
 * @param stepped the part before; the thread stands at its end.
 */
export async function pathByEntries(
  placement: Placement,
  stepped: TracedPath,
  ahead: FunctionsAhead,
  signal: AbortSignal,
): Promise<TracedPath> {
  const { machine, runner, control, symbols } = placement;
  const chain = await standing(placement);
  await machine.snapshots.save(STEPPED);
  const ended = control.addressOf('held_done');
  const functions = (await ahead(chain)).flatMap((func) => symbols.addressOf(func) ?? []);
  const namer = new PointNamer(symbols);
  const points: PathPoint[] = [];
  await runner.insert(ended, ...functions);
  let end = `${MOST_POINTS} entries`;
  while (points.length < MOST_POINTS) {
    signal.throwIfAborted();
    const arrival = await arriveAs(placement, 'the held thread does not come to its end');
    if (arrival === null) continue;
    if (arrival.pc === ended) {
      end = 'the operation ended';
      break;
    }
    points.push(namer.name(arrival.pc, points.length));
  }
  await runner.remove(ended, ...functions);
  return { points, end, from: stepped.end };
}

/** Where the held thread stands, innermost function first, up to the anchor. */
async function standing({ chains, heldStack, anchor }: Placement): Promise<string[]> {
  const { places } = await chains.chainOf(heldStack, [HELD]);
  const functions = places.map(({ func }) => func).filter((func) => !SCHEDULING.test(func));
  const outermost = functions.indexOf(anchor);
  return outermost < 0 ? functions : functions.slice(0, outermost + 1);
}

/** The next arrival of the held thread; null when another thread came first. */
async function arriveAs({ machine, runner, control, heldStack }: Placement, problem: string): Promise<Arrival | null> {
  await runner.start('all');
  const arrival = await runner.awaitAny(ARRIVES_WITHIN_MS);
  if (arrival === 'none') throw new NotPlacedError(problem);
  if (arrival === null || control.markAt(arrival.pc) !== null) return arrival;
  return stackBase(await machine.vcpus.readRegister(arrival.thread, 'rsp')) === heldStack ? arrival : null;
}

/** Brings the held thread to entries of functions after the stepped path. */
export class EntryWalker implements Walker {
  constructor(private readonly placement: Placement) {}

  /** Restores, and lets all run until the thread has entered the function as often as the point says. */
  async goTo(point: PathPoint): Promise<void> {
    const { machine, runner, control } = this.placement;
    await machine.snapshots.load(STEPPED);
    runner.restored();
    machine.splats.restart();
    const [address, ended] = [BigInt(point.address), control.addressOf('held_done')];
    await runner.insert(address, ended);
    try {
      for (let entries = 0; entries < point.occurrence;) {
        const arrival = await arriveAs(this.placement, `the held thread does not come to ${point.func}`);
        if (arrival?.pc === ended)
          throw new GuestError(
            'PATH_DIFFERS',
            `${point.func} was entered ${entries} times this time, not ${point.occurrence}`,
          );
        if (arrival?.pc === address) entries++;
      }
    } finally {
      if (!machine.vcpus.running) await runner.remove(address, ended);
    }
  }
}
