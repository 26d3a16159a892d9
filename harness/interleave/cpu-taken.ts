// SPDX-License-Identifier: GPL-2.0-only
import { placeName } from './chains.ts';
import { CpuTakenError } from './errors.ts';
import { ACTOR, type Placement } from './prepare.ts';
import { stackBase } from './stack.ts';

const KERNEL_SPACE = 0xffff_8000_0000_0000n;
/** Functions that the message names, innermost first. */
const NAMED = 6;

/**
 * What has the contender's CPU while that does not get its turn: work that became due when the guest was put in its
 * place, and that waits for the CPU that stands still. It says nothing of the race; another guest may be free of
 * it.
 */
export async function cpuTaken({
  machine,
  chains,
  contender,
}: Pick<Placement, 'machine' | 'chains' | 'contender'>): Promise<CpuTakenError> {
  const rsp = await machine.vcpus.readRegister(ACTOR, 'rsp');
  const places = rsp < KERNEL_SPACE ? [] : (await chains.chainOf(stackBase(rsp), [ACTOR])).places;
  const where = places.slice(0, NAMED).map(placeName).join(' < ') || 'user space';
  return new CpuTakenError(contender.name, where);
}
