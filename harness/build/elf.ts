// SPDX-License-Identifier: GPL-2.0-only
import { HostError } from '../model/errors.ts';
import { gnuBuildId } from '../host/elf-notes.ts';
import { sha256 } from '../host/hash.ts';

/** What identifies a vmlinux. */
export interface ElfIdentity {
  /** GNU build id, hexadecimal; null when it has none. */
  readonly buildId: string | null;
  /** sha256 of the loaded sections with their names and addresses, without notes, which hold the build id. */
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
    const notes = sections.filter(({ type }) => type === SHT_NOTE).map(({ content }) => gnuBuildId(content));
    return { buildId: notes.find((id) => id !== null) ?? null, codeSha256: hashLoaded(sections) };
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
  const loaded = sections.filter(({ type, flags }) => (flags & SHF_ALLOC) !== 0n && type !== SHT_NOTE);
  return sha256(
    Buffer.concat(
      loaded.flatMap(({ name, address, content }) => [
        Buffer.from(`${name} ${address.toString(16)} ${content.length}\n`),
        content,
      ]),
    ),
  );
}
