// SPDX-License-Identifier: GPL-2.0-only
/** One entry of an initramfs. Paths are relative, without a leading slash. */
export type CpioEntry =
  | { readonly kind: 'dir'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly data: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'chardev';
      readonly path: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

const TYPE_BITS = { dir: 0o040000, file: 0o100000, link: 0o120000, chardev: 0o020000 } as const;
const TRAILER = 'TRAILER!!!';

/**
 * Packs entries in the kernel's initramfs format (Documentation/driver-api/early-userspace/buffer-format.rst,
 * magic 070701). Owner is root, times are zero: equal entries give equal bytes. Parent folders that no entry
 * names are added. Several such archives may be concatenated; later ones win.
 */
export function packCpio(entries: readonly CpioEntry[]): Buffer {
  const all = [...missingParents(entries), ...entries];
  const chunks = all.map((entry, index) => packEntry(entry, index + 1));
  chunks.push(header(TRAILER, 0, 0, 0, 0, 0), name(TRAILER));
  const image = Buffer.concat(chunks);
  return Buffer.concat([image, Buffer.alloc(padding(image.length, 512))]);
}

function packEntry(entry: CpioEntry, inode: number): Buffer {
  const data = contentOf(entry);
  const [major, minor] = entry.kind === 'chardev' ? [entry.major, entry.minor] : [0, 0];
  return Buffer.concat([
    header(entry.path, inode, modeOf(entry), data.length, major, minor),
    name(entry.path),
    data,
    Buffer.alloc(padding(data.length, 4)),
  ]);
}

function contentOf(entry: CpioEntry): Uint8Array {
  switch (entry.kind) {
    case 'file':
      return entry.data;
    case 'link':
      return Buffer.from(entry.target);
    case 'dir':
    case 'chardev':
      return new Uint8Array();
  }
}

function modeOf(entry: CpioEntry): number {
  return TYPE_BITS[entry.kind] | (entry.kind === 'link' ? 0o777 : entry.mode);
}

function header(path: string, inode: number, mode: number, size: number, major: number, minor: number): Buffer {
  const nameSize = Buffer.byteLength(path) + 1;
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, major, minor, nameSize, 0];
  return Buffer.from('070701' + fields.map((field) => field.toString(16).padStart(8, '0')).join(''));
}

/** The name with its NUL, padded so that header and name together fill words. */
function name(path: string): Buffer {
  const bytes = Buffer.from(`${path}\0`);
  return Buffer.concat([bytes, Buffer.alloc(padding(110 + bytes.length, 4))]);
}

function padding(length: number, unit: number): number {
  return (unit - (length % unit)) % unit;
}

function missingParents(entries: readonly CpioEntry[]): CpioEntry[] {
  const known = new Set(entries.filter((entry) => entry.kind === 'dir').map((entry) => entry.path));
  const missing: CpioEntry[] = [];
  for (const { path } of entries) {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      if (known.has(parent)) continue;
      known.add(parent);
      missing.push({ kind: 'dir', path: parent, mode: 0o755 });
    }
  }
  return missing;
}
