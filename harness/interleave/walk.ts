// SPDX-License-Identifier: GPL-2.0-only
import { HostError } from '../model/errors.ts';
import type { PathPoint } from '../model/interleave.ts';
import { ANCHOR, HELD, type Placement } from './prepare.ts';
import { stepOn } from './step.ts';

/** Snapshot that follows an exploration along the path, so that steps are not repeated from the anchor. */
const CURSOR = 'cursor';
/** Saving the cursor costs as much as about this many steps; points come in the path's order. */
const STEPS_WORTH_A_SAVE = 40;

/** Brings the held thread to points of its path, again and again. */
export interface Walker {
  /** Restores, and brings the thread to a point; the other vCPUs are stopped as well. */
  goTo(point: PathPoint): Promise<void>;
}

/** Walks by single steps, up to the first sleep. */
export class PathWalker implements Walker {
  #cursor = 0;

  constructor(private readonly placement: Placement) {}

  /**
   * Restores, and steps to a point.
   *
   * @throws HostError `PATH_DIFFERS` when the thread is elsewhere than the trace was.
   */
  async goTo(point: PathPoint): Promise<void> {
    const { machine, runner } = this.placement;
    const fromCursor = this.#cursor > 0 && point.index >= this.#cursor;
    await machine.snapshots.load(fromCursor ? CURSOR : ANCHOR);
    runner.restored();
    machine.splats.restart();
    const from = fromCursor ? this.#cursor : 0;
    let pc = await machine.vcpus.readRegister(HELD, 'rip');
    for (let index = from; index < point.index; index++) pc = await stepOn(machine.vcpus, HELD, pc);
    check(point, pc);
    if (point.index - from < STEPS_WORTH_A_SAVE) return;
    await machine.snapshots.save(CURSOR);
    this.#cursor = point.index;
  }
}

function check(point: PathPoint, pc: bigint): void {
  if (`0x${pc.toString(16)}` === point.address) return;
  const where = `0x${pc.toString(16)}`;
  throw new HostError(
    'PATH_DIFFERS',
    `Instruction ${point.index} of the path was ${where}, not in ${point.func}: the restored machine went another way`,
  );
}
