// SPDX-License-Identifier: GPL-2.0-only
import { readGuestBuildId } from '../machine/build-id.ts';
import { WrongKernelError } from '../model/errors.ts';
import type { Kernel } from '../model/kernel.ts';
import { answered } from './answered.ts';
import type { LabGuest } from './guest.ts';

/**
 * Proves that a guest runs a kernel, before anything is done to it.
 *
 * @returns the build id that both have.
 * @throws WrongKernelError when it runs another; GuestError `NO_BUILD_ID` when it does not say; as `answered` does.
 */
export async function proveKernel(guest: LabGuest, kernel: Kernel, signal: AbortSignal): Promise<string> {
  const reported = await answered(guest, 'its build id', signal, (within) => readGuestBuildId(guest.remote, within));
  if (reported !== kernel.buildId) throw new WrongKernelError(kernel.buildId, reported);
  return reported;
}
