// SPDX-License-Identifier: GPL-2.0-only
import { GuestError } from '../model/errors.ts';
import type { VcpuControl } from '../model/interleave.ts';

/** Repetitions of one string instruction, and steps that did nothing. */
const MOST_STEPS = 100_000;

/**
 * Steps one vCPU until it is at another instruction. A step may end before its instruction was executed, and one of a
 * repeated string instruction makes only one repetition: counting steps would name different points in two runs.
 *
 * @returns the new instruction's address.
 */
export async function stepOn(vcpus: VcpuControl, thread: number, from: bigint): Promise<bigint> {
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    await vcpus.step(thread);
    const pc = await vcpus.readRegister(thread, 'rip');
    if (pc !== from) return pc;
  }
  throw new GuestError(
    'NO_PROGRESS',
    `vCPU ${thread} does not leave 0x${from.toString(16)} within ${MOST_STEPS} steps`,
  );
}
