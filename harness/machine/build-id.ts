// SPDX-License-Identifier: GPL-2.0-only
import { gnuBuildId } from '../host/elf-notes.ts';
import { GuestError } from '../model/errors.ts';
import type { RemoteSession } from '../model/guest.ts';

/**
 * The build id of the running kernel, hexadecimal: proof that the guest runs the kernel under test.
 *
 * @throws GuestError `NO_BUILD_ID` when the guest does not report one.
 */
export async function readGuestBuildId(remote: RemoteSession, signal: AbortSignal): Promise<string> {
  const dump = await remote.exec('od -An -v -tx1 /sys/kernel/notes', { signal });
  const id = dump.code === 0 ? gnuBuildId(Buffer.from(dump.stdout.replace(/\s+/g, ''), 'hex')) : null;
  if (id !== null) return id;
  const { code, signal: killer, lost, stdout, stderr } = dump;
  throw new GuestError('NO_BUILD_ID', 'The guest reports no build id of its kernel (/sys/kernel/notes)', {
    details: JSON.stringify({ code, signal: killer, lost, stdout, stderr }),
    hint: 'build the kernel with a linker that writes build ids',
  });
}
