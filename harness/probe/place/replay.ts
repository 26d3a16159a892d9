// SPDX-License-Identifier: GPL-2.0-only
import type { Placement } from '../../interleave/prepare.ts';
import { replay } from '../../interleave/replay.ts';
import { sceneOf, type Schedule } from '../../interleave/schedule.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import type { Lab } from '../../lab/lab.ts';
import { GuestError } from '../../model/errors.ts';
import type { PointResult } from '../../model/interleave.ts';
import type { Kernel } from '../../model/kernel.ts';
import { readRace } from '../../race/read.ts';
import { withPlacement } from './guest.ts';

export interface ReplayRequest {
  readonly attempts: number;
  readonly signal: AbortSignal;
  /** Where the n-th guest's console goes; without it consoles are not kept. */
  readonly consoleLog?: (guest: number) => string;
  readonly onResult?: (result: PointResult) => void | Promise<void>;
  /** Asked of a guest after its last attempt, unless the machine was lost. */
  readonly after?: (placement: Placement) => Promise<void>;
}

/** Guests that one replay may lose. */
const MOST_GUESTS = 5;

/**
 * Does what a schedule says, again and again, with another guest where one is lost.
 *
 * @throws GuestError `TOO_MANY_LOST`; as `replay` and `withPlacement` do.
 */
export async function replaySchedule(
  kernel: Kernel,
  lab: Lab,
  schedule: Schedule,
  { attempts, signal, consoleLog, onResult, after }: ReplayRequest,
): Promise<PointResult[]> {
  const scene = sceneOf(schedule, readRace(lab.guestsDir, schedule.race));
  const source = sourceLookup(kernel.vmlinux, signal);
  const results: PointResult[] = [];
  for (let guest = 0; results.length < attempts; guest++) {
    if (guest === MOST_GUESTS)
      throw new GuestError(
        'TOO_MANY_LOST',
        `${MOST_GUESTS} guests were lost after ${results.length} of ${attempts} attempts`,
      );
    const again = async (placement: Placement): Promise<void> => {
      const { lost } = await replay(placement, schedule, {
        ...{ attempts: attempts - results.length, source, signal },
        onResult: async (result) => {
          results.push(result);
          await onResult?.(result);
        },
      });
      if (!lost) await after?.(placement);
    };
    await withPlacement(kernel, lab, signal, again, scene, consoleLog?.(guest));
  }
  return results;
}
