// SPDX-License-Identifier: GPL-2.0-only
/** ELF note type of a GNU build id (binutils, include/elf/common.h). */
const NT_GNU_BUILD_ID = 3;

/** Finds the GNU build id among ELF notes, little-endian, in hexadecimal; null when there is none. Pure. */
export function gnuBuildId(notes: Buffer): string | null {
  let at = 0;
  while (at + 12 <= notes.length) {
    const [nameSize, size, type] = [notes.readUInt32LE(at), notes.readUInt32LE(at + 4), notes.readUInt32LE(at + 8)];
    const name = at + 12;
    const description = name + aligned(nameSize);
    if (description + size > notes.length) return null;
    if (type === NT_GNU_BUILD_ID && notes.toString('latin1', name, name + nameSize) === 'GNU\0')
      return notes.toString('hex', description, description + size);
    at = description + aligned(size);
  }
  return null;
}

/** Notes are padded to words. */
function aligned(size: number): number {
  return (size + 3) & ~3;
}
