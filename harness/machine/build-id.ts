// SPDX-License-Identifier: GPL-2.0-only
import { GuestError } from '../model/errors.ts';
import type { RemoteSession } from '../model/guest.ts';

/** ELF note type of a GNU build id (binutils, include/elf/common.h). */
const NT_GNU_BUILD_ID = 3;

/**
 * The build id of the kernel that really runs, hexadecimal: proof that the guest is the kernel that was meant.
 *
 * @throws GuestError `NO_BUILD_ID` when the guest cannot tell.
 */
export async function readGuestBuildId(remote: RemoteSession, signal?: AbortSignal): Promise<string> {
  const dump = await remote.exec('od -An -v -tx1 /sys/kernel/notes', signal === undefined ? {} : { signal });
  const id = dump.code === 0 ? gnuBuildId(Buffer.from(dump.stdout.replace(/\s+/g, ''), 'hex')) : null;
  if (id !== null) return id;
  const { code, signal: killer, lost, stdout, stderr } = dump;
  throw new GuestError('NO_BUILD_ID', 'The guest does not tell its kernel’s build id (/sys/kernel/notes)', {
    details: JSON.stringify({ code, signal: killer, lost, stdout, stderr }),
    hint: 'build the kernel with a linker that writes build ids',
  });
}

/** Finds the GNU build id among ELF notes, little-endian; null when there is none. */
export function gnuBuildId(notes: Buffer): string | null {
  let at = 0;
  while (at + 12 <= notes.length) {
    const nameSize = notes.readUInt32LE(at);
    const descSize = notes.readUInt32LE(at + 4);
    const type = notes.readUInt32LE(at + 8);
    const nameAt = at + 12;
    const descAt = nameAt + align4(nameSize);
    const end = descAt + align4(descSize);
    if (end > notes.length) return null;
    const name = notes.toString('latin1', nameAt, nameAt + nameSize);
    if (type === NT_GNU_BUILD_ID && name === 'GNU\0') return notes.toString('hex', descAt, descAt + descSize);
    at = end;
  }
  return null;
}

function align4(size: number): number {
  return (size + 3) & ~3;
}
