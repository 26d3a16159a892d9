// SPDX-License-Identifier: GPL-2.0-only
import { constants, readFileSync, readlinkSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostError } from '../model/errors.ts';
import { exists } from './files.ts';
import { sha256 } from './hash.ts';
import { startTime } from './proc-stat.ts';
import { run, start } from './process.ts';

/** A folder that goes away with its owner. Dispose removes it; idempotent. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

/** `swaprace-<label>-<scope>-<pid>-<start time>-<random>`. */
const NAME = /^swaprace-[a-z]+-(?<scope>[0-9a-f]{8})-(?<pid>\d+)-(?<started>\d+)-/;

/** In each folder: locked by flock(2) as long as its owner lives, which other hosts and containers can see as well. */
const OWNER_FILE = '.owner';

/**
 * Makes a folder in `base` that only this user can enter, and removes leftovers of dead processes there: a killed build
 * leaves gigabytes. The name says which process owns it.
 *
 * @param label what it is for; lower-case letters.
 */
export async function makeTempDir(base: string, label: string): Promise<TempDir> {
  await mkdir(base, { recursive: true });
  await sweepLeftovers(base);
  const path = await mkdtemp(join(base, `${tempDirPrefix(label, process.pid)}${startTime(process.pid)}-`));
  const release = await holdOwnerFile(path);
  const remove = async (): Promise<void> => {
    await rm(path, { recursive: true, force: true });
    release();
  };
  return { path, [Symbol.asyncDispose]: remove };
}

/** The child holds the lock until our end of its input closes, however this process ends. */
async function holdOwnerFile(dir: string): Promise<() => void> {
  const file = join(dir, OWNER_FILE);
  // It gets its name when it is locked: a file that is not is one of a dead process.
  const holder = start('flock', ['-n', '--no-fork', `${file}.new`, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    detached: true,
  });
  holder.stderr.resume();
  holder.stdin.on('error', () => undefined);
  for await (const _held of holder.stdout.iterator({ destroyOnReturn: false })) break;
  await rename(`${file}.new`, file).catch(() => undefined);
  // It must not keep this process alive.
  holder.unref();
  for (const stream of [holder.stdin, holder.stdout, holder.stderr]) (stream as { unref?(): void }).unref?.();
  return () => holder.stdin.end();
}

/** A folder on the cache's disk, so that its content can be renamed into the cache. */
export async function cacheTempDir(cacheDir: string, label: string): Promise<TempDir> {
  return makeTempDir(join(cacheDir, 'tmp'), label);
}

/** Most characters of a private folder's path: a unix socket in it must fit 108 bytes. */
const MOST_CHARS = 95;

/**
 * A folder for sockets, images and keys. Its path is absolute, short, and of characters that mean nothing to QEMU
 * (whose options are lists), ssh or a shell.
 *
 * @throws HostError `NO_PRIVATE_DIR` when the temporary folder cannot be written or its path cannot be used.
 */
export async function makePrivateDir(label = 'run'): Promise<TempDir> {
  try {
    const base = await realpath(tmpdir());
    const length = join(base, `${tempDirPrefix(label, process.pid)}${startTime(process.pid)}-XXXXXX`).length;
    if (!/^[\w/.+@~-]+$/.test(base))
      throw new Error('its path has characters other than letters, digits and / . _ + @ ~ -');
    if (length > MOST_CHARS) throw new Error(`its path is ${length - MOST_CHARS} characters too long`);
    return await makeTempDir(base, label);
  } catch (cause) {
    throw new HostError('NO_PRIVATE_DIR', `Cannot make a folder in ${tmpdir()}: ${(cause as Error).message}`, {
      hint: 'free some space there, or set TMPDIR to a writable folder with a short, plain path, for example /var/tmp',
      cause,
    });
  }
}

/**
 * Removes this user's folders whose owners are dead. The name of such a folder may be anybody's: what is not a folder
 * of this user's alone is left.
 *
 * @returns the paths that were removed.
 */
export async function sweepLeftovers(base: string = tmpdir()): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(base)) {
    const owner = NAME.exec(name)?.groups;
    const path = join(base, name);
    if (owner === undefined || !(await isOwn(path))) continue;
    // Processes of another host, container or boot cannot be seen from here: their lock can.
    const dead =
      owner['scope'] === scope()
        ? startTime(Number(owner['pid'])) !== owner['started']
        : await isUnlocked(join(path, OWNER_FILE));
    if (dead && (await removeOwn(path).catch(() => false))) removed.push(path);
  }
  return removed;
}

async function isOwn(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => null);
  return stat !== null && stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o7777) === 0o700;
}

/** False also where there is no such file. */
async function isUnlocked(file: string): Promise<boolean> {
  return (await exists(file)) && (await run('flock', ['-n', file, 'true'])).exitCode === 0;
}

/**
 * Removes a folder that is `isOwn` when it is opened: another user may have put something else in its place. Nobody
 * else can enter it, so nothing in it changes into a link to somewhere else.
 */
async function removeOwn(path: string): Promise<boolean> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const inside = `/proc/self/fd/${handle.fd}`;
    if (!(await isOwn(`${inside}/.`))) return false;
    for (const name of await readdir(inside)) await rm(join(inside, name), { recursive: true, force: true });
    await rmdir(path);
    return true;
  } finally {
    await handle.close();
  }
}

/** How the names of a process's folders begin. */
export function tempDirPrefix(label: string, pid: number): string {
  return `swaprace-${label}-${scope()}-${pid}-`;
}

/** Names the processes that are visible from here: of this boot of the host, in this container's PID namespace. */
function scope(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return sha256(`${boot} ${readlinkSync('/proc/self/ns/pid')}`).slice(0, 8);
}
