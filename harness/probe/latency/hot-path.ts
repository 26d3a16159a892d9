// SPDX-License-Identifier: GPL-2.0-only
import { tracePath, type TracedPath } from '../../interleave/path.ts';
import { ANCHOR, HELD, type Placement } from '../../interleave/prepare.ts';
import type { Lab } from '../../lab/lab.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { RaceFolder } from '../../race/read.ts';
import { defaultScene, withPlacement } from '../place/guest.ts';

/** What one operation executes in the kernel when nothing races with it; interrupts are not among it. */
export interface OperationCost {
  readonly variant: string;
  /** From the first instruction of its path until it is past the race: what the fix protects. */
  readonly toClaim: number;
  /** Calls of the race's first guard on that way, and the instructions of all guards, without what they call. */
  readonly gets: number;
  readonly guards: number;
  /** Until `end`, read-ahead of neighbours included. Comparable only between operations that end in the same place. */
  readonly toEnd: number;
  /** Where stepping ended: the operation returned, or it sleeps for the disk. */
  readonly end: string;
}

/** A fault with read-ahead has about 30 000; one that does not end is not worth waiting for. */
const MOST_INSTRUCTIONS = 60_000;

/**
 * Counts the instructions of one operation by stepping it.
 *
 * @throws GuestError when it cannot be placed.
 */
export async function countOperation(
  variant: string,
  kernel: Kernel,
  race: RaceFolder,
  lab: Lab,
  signal: AbortSignal,
): Promise<OperationCost> {
  const guards = new Set(race.guards);
  const count = async (placement: Placement): Promise<OperationCost> => {
    const claim = await trace(placement, placement.path.limits, signal);
    const whole = await trace(placement, { untilReturnOf: [placement.anchor], limit: MOST_INSTRUCTIONS }, signal);
    return {
      variant,
      toClaim: claim.points.length,
      gets: claim.points.filter(({ func, offset }) => func === race.guards[0] && offset === 0).length,
      guards: claim.points.filter(({ func }) => guards.has(func)).length,
      toEnd: whole.points.length,
      end: whole.end,
    };
  };
  return withPlacement(kernel, lab, signal, count, defaultScene(lab.guestsDir, race.name));
}

/** Only until it is past the race: what the comparison of variants counts. @throws GuestError as `countOperation`. */
export async function countUntilClaim(race: string, kernel: Kernel, lab: Lab, signal: AbortSignal): Promise<number> {
  const count = async (placement: Placement): Promise<number> =>
    (await trace(placement, placement.path.limits, signal)).points.length;
  return withPlacement(kernel, lab, signal, count, defaultScene(lab.guestsDir, race));
}

async function trace(
  placement: Placement,
  limits: Placement['path']['limits'],
  signal: AbortSignal,
): Promise<TracedPath> {
  const { machine, runner, symbols } = placement;
  await machine.snapshots.load(ANCHOR);
  runner.restored();
  return tracePath(machine.vcpus, HELD, symbols, limits, signal);
}
