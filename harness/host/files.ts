// SPDX-License-Identifier: GPL-2.0-only
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostError } from '../model/errors.ts';
import { sha256 } from './hash.ts';

/** Code of a file system error, `ENOENT` and the like; null for anything else. */
export function errnoOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : null;
}

export async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** The file's text, or null when there is no such file. */
export async function readTextIfExists(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(nullIfMissing);
}

/** The file's bytes, or null when there is no such file. */
export async function readBytesIfExists(path: string): Promise<Buffer | null> {
  return readFile(path).catch(nullIfMissing);
}

function nullIfMissing(error: unknown): null {
  if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null;
  throw error;
}

/**
 * Replaces a file atomically: a reader sees the old content or the new, also after the power failed, and a hard link
 * elsewhere keeps the old.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const staged = `${path}.${randomUUID()}.new`;
  try {
    await writeFile(staged, data, { mode, flag: 'wx', flush: true });
    await rename(staged, path);
    await syncToDisk(dirname(path));
  } catch (error) {
    await rm(staged, { force: true });
    throw error;
  }
}

/** Writes a text and, next to it, its sha256, by which `readSummed` knows it again. */
export async function writeSummed(path: string, text: string): Promise<void> {
  await writeFileAtomic(path, text);
  await writeFileAtomic(`${path}.sha256`, `${sha256(text)}\n`);
}

/** The text that `writeSummed` wrote; null when it is missing or not whole. */
export async function readSummed(path: string): Promise<string | null> {
  const [text, sum] = await Promise.all([readTextIfExists(path), readTextIfExists(`${path}.sha256`)]);
  return text !== null && sum === `${sha256(text)}\n` ? text : null;
}

/** The value of a JSON text that `schema` admits; null for any other, as of a file that was cut off. */
export function parseNote<T>(schema: { safeParse(value: unknown): { data?: T } }, text: string | null): T | null {
  try {
    return schema.safeParse(JSON.parse(text ?? 'null')).data ?? null;
  } catch {
    return null;
  }
}

/** Waits until a file's or folder's content is on the disk. */
export async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether the messages of a program, in English, say that a disk is full. */
export function isDiskFull(messages: string): boolean {
  return /No space left on device|Disk quota exceeded|enough free space/.test(messages);
}

/** The error for a full disk. `where` is a path on it. */
export function diskFull(action: string, where: string, cause?: unknown): HostError {
  return new HostError('DISK_FULL', `Cannot ${action}: the disk that holds ${where} is full`, {
    hint:
      'free some space there (a source tree with objects and kernels needs about 4 GB), or set SWAPRACE_CACHE to a ' +
      'larger disk',
    cause,
  });
}

/**
 * Runs `work`, and turns file system errors that only the user of the host can fix into a HostError with a hint.
 *
 * @param action verb and object for the message: `build variant v5a`.
 * @param where a path on the disk in question.
 * @throws HostError `DISK_FULL` for ENOSPC and EDQUOT, `NOT_WRITABLE` for EACCES, EPERM and EROFS.
 */
export async function withHostErrors<T>(action: string, where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    switch (errnoOf(error)) {
      case 'ENOSPC':
      case 'EDQUOT':
        throw diskFull(action, where, error);
      case 'EACCES':
      case 'EPERM':
      case 'EROFS':
        throw new HostError('NOT_WRITABLE', `Cannot ${action}: ${(error as Error).message}`, {
          hint: `check the owner and the permissions below ${where}`,
          cause: error,
        });
      default:
        throw error;
    }
  }
}
