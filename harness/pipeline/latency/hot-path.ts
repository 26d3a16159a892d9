// SPDX-License-Identifier: GPL-2.0-only
import { tracePath, type TracedPath } from '../../interleave/path.ts';
import { ANCHOR, HELD, type Placement } from '../../interleave/prepare.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { Lab } from '../../lab/lab.ts';
import { withPlacement } from '../../probe/place/guest.ts';

/** What one fault executes in the kernel when nobody swaps off; interrupts are not among it. */
export interface FaultCost {
  readonly variant: string;
  /** From do_swap_page()'s first instruction until the fault has claimed the swap entry: what the fix protects. */
  readonly toClaim: number;
  /** Calls of get_swap_device() on that way, and the instructions of get and put, without what they call. */
  readonly gets: number;
  readonly guards: number;
  /** Until `end`, read-ahead of neighbours included. Comparable only between faults that end in the same place. */
  readonly toEnd: number;
  /** Where stepping ended: the fault returned, or it sleeps for the disk. */
  readonly end: string;
}

/** A fault with read-ahead has about 30 000; one that does not end is not worth waiting for. */
const MOST_INSTRUCTIONS = 60_000;
const GUARDS = new Set(['get_swap_device', 'put_swap_device']);

/**
 * Counts the instructions of one fault by stepping it.
 *
 * @throws GuestError when the fault cannot be placed.
 */
export async function countFault(variant: string, kernel: Kernel, lab: Lab, signal: AbortSignal): Promise<FaultCost> {
  return withPlacement(kernel, lab, signal, async (placement) => {
    const claim = await trace(placement, placement.path.limits, signal);
    const whole = await trace(placement, { untilReturnOf: [placement.anchor], limit: MOST_INSTRUCTIONS }, signal);
    return {
      variant,
      toClaim: claim.points.length,
      gets: claim.points.filter(({ func, offset }) => func === 'get_swap_device' && offset === 0).length,
      guards: claim.points.filter(({ func }) => GUARDS.has(func)).length,
      toEnd: whole.points.length,
      end: whole.end,
    };
  });
}

/** Only until the entry is claimed: what the comparison of variants counts. @throws GuestError as `countFault`. */
export async function countUntilClaim(kernel: Kernel, lab: Lab, signal: AbortSignal): Promise<number> {
  return withPlacement(
    kernel,
    lab,
    signal,
    async (placement) => (await trace(placement, placement.path.limits, signal)).points.length,
  );
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
