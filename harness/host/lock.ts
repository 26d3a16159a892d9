// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { HostError } from '../model/errors.ts';
import { start } from './process.ts';

/** Who holds a lock, as the lock file says. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly purpose: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface LockOptions {
  /** What it is held for; processes that wait print it. */
  readonly purpose: string;
  readonly signal: AbortSignal;
  /** Called once when another process holds the lock. Null: it has not written its name yet. */
  readonly onWait?: (holder: LockHolder | null) => void;
}

/** A held lock. Dispose releases it; idempotent. */
export interface HeldLock extends AsyncDisposable {
  readonly path: string;
}

/**
 * The lock is flock(2)'s, on an open file of a child that lives as long as our end of its stdin: the kernel releases it
 * however this process ends, so no lock of a dead process is ever found and none must be broken.
 */
const HOLD = [
  'while :; do exec 9<>"$1" || exit 1; flock -n 9 || { echo busy; flock 9 || exit 1; }',
  // A file that was removed while it was waited for is another one by now, which others lock.
  '[ "$1" -ef /proc/self/fd/9 ] && break; done; echo held; exec cat >/dev/null',
].join('; ');

/**
 * Takes an exclusive lock on a file, which is created when missing; waits while another process holds it.
 *
 * @throws HostError `LOCK_FAILED` when the file cannot be locked at all; the signal's reason when it aborts.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<HeldLock> {
  options.signal.throwIfAborted();
  await mkdir(dirname(path), { recursive: true });
  // In a session of its own: Ctrl-C reaches this process alone, which still needs the lock while it cleans up.
  const child = start('sh', ['-c', HOLD, 'lock', path], { detached: true });
  const giveUp = () => killGroup(child.pid);
  options.signal.addEventListener('abort', giveUp, { once: true });
  try {
    await waitUntilHeld(child, path, options);
    await writeFile(path, JSON.stringify(describeHolder(options.purpose)));
    options.signal.throwIfAborted();
  } catch (error) {
    giveUp();
    await child;
    throw error;
  } finally {
    options.signal.removeEventListener('abort', giveUp);
  }
  let released: Promise<void> | null = null;
  const release = async () => {
    await truncate(path).catch(() => undefined);
    child.stdin.end();
    await child;
  };
  return { path, [Symbol.asyncDispose]: () => (released ??= release()) };
}

type Holder = ReturnType<typeof start>;

async function waitUntilHeld(child: Holder, path: string, options: LockOptions): Promise<void> {
  let said = '';
  child.stdout.setEncoding('utf8');
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    const before = said;
    said += chunk;
    if (said.includes('busy') && !before.includes('busy')) options.onWait?.(await readHolder(path));
    if (said.includes('held')) return;
  }
  options.signal.throwIfAborted();
  throw new HostError('LOCK_FAILED', `Cannot lock ${path}`, {
    hint: 'the file must be writable, its file system must know flock, and `flock` of util-linux must be installed',
  });
}

function describeHolder(purpose: string): LockHolder {
  return { pid: process.pid, host: hostname(), purpose, since: new Date().toISOString() };
}

async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockHolder;
  } catch {
    // The holder has the lock and has not yet written its name.
    return null;
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

/** One line that says who holds a lock: `process 71 on host a (build v5a) since 12:00:03`. */
export function holderText(holder: LockHolder | null): string {
  if (holder === null) return 'another process';
  return `process ${holder.pid} on ${holder.host} (${holder.purpose}) since ${holder.since}`;
}
