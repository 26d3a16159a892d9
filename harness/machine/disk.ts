// SPDX-License-Identifier: GPL-2.0-only
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../host/files.ts';
import { runOk } from '../host/process.ts';
import { HostError } from '../model/errors.ts';
import type { SwapBackend } from '../model/guest.ts';

/** Room for ext4 metadata; mke2fs also refuses tiny images. */
const EXT4_OVERHEAD_KIB = 8 * 1024;

/**
 * Makes the disk that a backend needs, sparse, below `workDir`.
 *
 * @returns its path; null for a backend that lives in the guest's memory.
 * @throws HostError when the disk cannot be made.
 */
export async function makeDisk(backend: SwapBackend, workDir: string, signal: AbortSignal): Promise<string | null> {
  const path = join(workDir, 'swap.img');
  switch (backend.kind) {
    case 'zram':
    case 'none':
      return null;
    case 'virtio-blk':
      await makeSparse(path, backend.sizeKiB * 1024);
      return path;
    case 'file':
      await makeSparse(path, (backend.sizeKiB + EXT4_OVERHEAD_KIB) * 1024);
      await makeExt4(path, workDir, signal);
      return path;
  }
}

async function makeSparse(path: string, bytes: number): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.truncate(bytes);
    await file.close();
  } catch (cause) {
    if (errnoOf(cause) === 'ENOSPC') throw cause;
    throw new HostError('DISK_IMAGE_FAILED', `Cannot make the disk image ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function makeExt4(path: string, workDir: string, signal: AbortSignal): Promise<void> {
  const root = await mkdtemp(join(workDir, 'ext4-'));
  // Debian keeps mke2fs in a folder that is not in every user's PATH.
  await runOk('/sbin/mke2fs', ['-q', '-F', '-t', 'ext4', '-d', root, path], { signal });
  await rm(root, { recursive: true });
}
