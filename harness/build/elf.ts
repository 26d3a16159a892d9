// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import { HostError } from '../model/errors.ts';

/** What identifies a vmlinux. */
export interface ElfIdentity {
  /** GNU build id, hexadecimal; null when it has none. */
  readonly buildId: string | null;
  /**
   * sha256 of the sections that are loaded, with their names and addresses; notes, which hold the build id, are left
   * out.
   */
  readonly codeSha256: string;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  readonly content: Buffer;
}

/** Numbers of the ELF-64 specification. */
const SHT_NOBITS = 8;
const SHT_NOTE = 7;
const SHF_ALLOC = 2n;
const NT_GNU_BUILD_ID = 3;
const SECTION_HEADER_BYTES = 64;

/**
 * Reads what identifies an x86-64 ELF file. Pure.
 *
 * @param path for messages.
 * @throws HostError `VMLINUX_UNREADABLE` when it is no such file or is cut off.
 */
export function identifyElf(file: Buffer, path: string): ElfIdentity {
  try {
    const sections = readSections(file);
    return { buildId: findBuildId(sections), codeSha256: hashLoaded(sections) };
  } catch (error) {
    throw new HostError('VMLINUX_UNREADABLE', `Cannot read ${path}: ${(error as Error).message}`, {
      hint: 'it must be the uncompressed ELF file of an x86-64 kernel',
      cause: error,
    });
  }
}

function readSections(file: Buffer): Section[] {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1)
    throw new Error('not a little-endian 64-bit ELF file');
  const start = Number(file.readBigUInt64LE(40));
  const count = file.readUInt16LE(60);
  const headers = Array.from({ length: count }, (_, index) =>
    file.subarray(start + index * SECTION_HEADER_BYTES, start + (index + 1) * SECTION_HEADER_BYTES),
  );
  const names = contentOf(file, headers[file.readUInt16LE(62)] ?? Buffer.alloc(0));
  return headers.map((header) => ({
    name: cString(names, header.readUInt32LE(0)),
    type: header.readUInt32LE(4),
    flags: header.readBigUInt64LE(8),
    address: header.readBigUInt64LE(16),
    content: contentOf(file, header),
  }));
}

function contentOf(file: Buffer, header: Buffer): Buffer {
  const [type, offset, size] = [
    header.readUInt32LE(4),
    Number(header.readBigUInt64LE(24)),
    Number(header.readBigUInt64LE(32)),
  ];
  if (type === SHT_NOBITS) return Buffer.alloc(0);
  if (offset + size > file.length) throw new Error('it is cut off');
  return file.subarray(offset, offset + size);
}

function cString(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}

function hashLoaded(sections: readonly Section[]): string {
  const hash = createHash('sha256');
  for (const { name, type, flags, address, content } of sections) {
    if ((flags & SHF_ALLOC) === 0n || type === SHT_NOTE) continue;
    hash.update(`${name} ${address.toString(16)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

function findBuildId(sections: readonly Section[]): string | null {
  for (const { content } of sections.filter((section) => section.type === SHT_NOTE)) {
    for (let at = 0; at + 12 <= content.length;) {
      const [nameSize, size, type] = [
        content.readUInt32LE(at),
        content.readUInt32LE(at + 4),
        content.readUInt32LE(at + 8),
      ];
      const description = at + 12 + aligned(nameSize);
      if (type === NT_GNU_BUILD_ID && content.toString('latin1', at + 12, at + 12 + nameSize) === 'GNU\0') {
        return content.toString('hex', description, description + size);
      }
      at = description + aligned(size);
    }
  }
  return null;
}

/** Notes are padded to words. */
function aligned(size: number): number {
  return (size + 3) & ~3;
}
