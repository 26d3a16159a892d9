// SPDX-License-Identifier: GPL-2.0-only
import { open } from 'node:fs/promises';
import { errnoOf } from '../host/files.ts';
import { HostError } from '../model/errors.ts';

/** Layout constants of docs/interop/qcow2.txt in QEMU. */
const MAGIC = 0x514649fb;
const VERSION = 3;
const HEADER_BYTES = 104;
const CLUSTER_BITS = 16;
const CLUSTER_BYTES = 1 << CLUSTER_BITS;
const EXTENSION_BACKING_FORMAT = 0xe2792aca;
/** The clusters; the header is in cluster 0. */
const REFCOUNT_CLUSTER = 1;
const REFCOUNT_BLOCK_CLUSTER = 2;
const L1_CLUSTER = 3;
const USED_CLUSTERS = 4;

/**
 * An empty qcow2 image: four clusters. QEMU keeps snapshots in such images only, and qemu-img is in a package that the
 * harness does not need otherwise (docs/decisions/0005-own-qcow2-writer.md).
 *
 * @param sizeBytes what the guest sees; at most 512 MiB, which one L1 entry covers.
 * @param backing raw image below it, which is read and never written; null for none.
 */
export function emptyQcow2(sizeBytes: number, backing: string | null): Buffer {
  const image = Buffer.alloc(USED_CLUSTERS * CLUSTER_BYTES);
  const name = Buffer.from(backing ?? '');
  const nameOffset = HEADER_BYTES + 8 + 8 + 8;
  image.writeUInt32BE(MAGIC, 0);
  image.writeUInt32BE(VERSION, 4);
  image.writeBigUInt64BE(backing === null ? 0n : BigInt(nameOffset), 8);
  image.writeUInt32BE(name.length, 16);
  image.writeUInt32BE(CLUSTER_BITS, 20);
  image.writeBigUInt64BE(BigInt(sizeBytes), 24);
  image.writeUInt32BE(1, 36); // entries of the L1 table
  image.writeBigUInt64BE(BigInt(L1_CLUSTER * CLUSTER_BYTES), 40);
  image.writeBigUInt64BE(BigInt(REFCOUNT_CLUSTER * CLUSTER_BYTES), 48);
  image.writeUInt32BE(1, 56); // clusters of the refcount table
  image.writeUInt32BE(4, 96); // refcounts of 1 << 4 bits
  image.writeUInt32BE(HEADER_BYTES, 100);
  if (backing !== null) {
    image.writeUInt32BE(EXTENSION_BACKING_FORMAT, HEADER_BYTES);
    image.writeUInt32BE(3, HEADER_BYTES + 4);
    image.write('raw', HEADER_BYTES + 8, 'latin1');
    name.copy(image, nameOffset);
  }
  image.writeBigUInt64BE(BigInt(REFCOUNT_BLOCK_CLUSTER * CLUSTER_BYTES), REFCOUNT_CLUSTER * CLUSTER_BYTES);
  for (let cluster = 0; cluster < USED_CLUSTERS; cluster++)
    image.writeUInt16BE(1, REFCOUNT_BLOCK_CLUSTER * CLUSTER_BYTES + 2 * cluster);
  return image;
}

/** Writes an empty image. @throws HostError `DISK_IMAGE_FAILED`. */
export async function makeQcow2(path: string, sizeBytes: number, backing: string | null): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(emptyQcow2(sizeBytes, backing));
    await file.close();
  } catch (cause) {
    if (errnoOf(cause) === 'ENOSPC') throw cause;
    throw new HostError('DISK_IMAGE_FAILED', `Cannot make the disk image ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
