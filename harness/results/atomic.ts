// SPDX-License-Identifier: GPL-2.0-only
import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncToDisk, withHostErrors } from '../host/files.ts';

/**
 * Writes a file so that a reader sees the old content or the new one, also after a power cut: a result, unlike
 * what a cache holds, cannot be made again.
 *
 * @throws HostError when the disk is full or refuses.
 */
export async function writeDurably(path: string, content: string): Promise<void> {
  await withHostErrors(`write ${path}`, dirname(path), async () => {
    const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
    try {
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    // A rename is durable only once its folder is.
    await syncToDisk(dirname(path));
  });
}

/**
 * Lets a whole folder of files appear under its final name at once. The name must be free.
 *
 * @throws HostError when the disk is full or refuses.
 */
export async function publishFolder(partial: string, final: string): Promise<void> {
  await withHostErrors(`store ${final}`, dirname(final), async () => {
    for (const name of await readdir(partial)) await syncToDisk(join(partial, name));
    await syncToDisk(partial);
    await rename(partial, final);
    await syncToDisk(dirname(final));
  });
}
