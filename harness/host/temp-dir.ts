// SPDX-License-Identifier: GPL-2.0-only
import { readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostError } from '../model/errors.ts';
import { sha256 } from './hash.ts';
import { startTime } from './proc-stat.ts';

/** A folder that goes away with its owner. Dispose removes it; idempotent. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

/** `swaprace-<label>-<scope>-<pid>-<start time>-<random>`. */
const NAME = /^swaprace-[a-z]+-(?<scope>[0-9a-f]{8})-(?<pid>\d+)-(?<started>\d+)-/;

/**
 * Makes a folder in `base` that only this user can enter, and removes leftovers of dead processes there: a killed build
 * leaves gigabytes. The name says which process owns it. No commas in it: QEMU's options are lists.
 *
 * @param label what it is for; lower-case letters.
 */
export async function makeTempDir(base: string, label: string): Promise<TempDir> {
  await mkdir(base, { recursive: true });
  await sweepLeftovers(base);
  const path = await mkdtemp(join(base, `${tempDirPrefix(label, process.pid)}${startTime(process.pid)}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A folder on the cache's disk, so that its content can be renamed into the cache. */
export async function cacheTempDir(cacheDir: string, label: string): Promise<TempDir> {
  return makeTempDir(join(cacheDir, 'tmp'), label);
}

/**
 * A folder for sockets, images and keys. Its path is short: unix sockets in it must fit 108 bytes.
 *
 * @throws HostError `NO_PRIVATE_DIR` when the temporary folder cannot be written.
 */
export async function makePrivateDir(label = 'run'): Promise<TempDir> {
  return makeTempDir(tmpdir(), label).catch((cause: Error) => {
    throw new HostError('NO_PRIVATE_DIR', `Cannot make a folder in ${tmpdir()}: ${cause.message}`, {
      hint: 'free some space there, or set TMPDIR to a writable folder',
      cause,
    });
  });
}

/** Removes folders whose owners are dead. @returns the paths that were removed. */
export async function sweepLeftovers(base: string = tmpdir()): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(base)) {
    const owner = NAME.exec(name)?.groups;
    // Processes of another host or container cannot be seen from here: their folders are theirs to remove.
    if (owner === undefined || owner['scope'] !== scope()) continue;
    if (startTime(Number(owner['pid'])) === owner['started']) continue;
    const path = join(base, name);
    // Another user's leftovers are theirs to remove.
    await rm(path, { recursive: true, force: true }).then(
      () => removed.push(path),
      () => undefined,
    );
  }
  return removed;
}

/** How the names of a process's folders begin. */
export function tempDirPrefix(label: string, pid: number): string {
  return `swaprace-${label}-${scope()}-${pid}-`;
}

/** Names the processes that are visible from here: the host, and the PID namespace of a container on it. */
function scope(): string {
  return sha256(`${hostname()} ${readlinkSync('/proc/self/ns/pid')}`).slice(0, 8);
}
