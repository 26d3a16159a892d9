// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, readlinkSync } from 'node:fs';
import { lstat, readdir, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { HostError } from '../model/errors.ts';
import { errnoOf, parseNote, readTextIfExists, writeFileAtomic } from '../host/files.ts';
import { procStat } from '../host/proc-stat.ts';
import type { BuildFolders } from './folders.ts';

/** Written when make starts, so that a later build can kill what is left of it. */
const runningSchema = z.object({
  /** Session that make leads: its children are in it, whatever became of their parents. */
  session: z.int().positive(),
});

const ORPHANS_MUST_GO_MS = 20_000;
const POLL_MS = 50;

export async function noteRunning(folders: BuildFolders, session: number): Promise<void> {
  const running: z.infer<typeof runningSchema> = { session };
  await writeFileAtomic(folders.runningFile, JSON.stringify(running));
}

/** Call this only when make has ended by itself: every target is then either whole or gone. */
export async function noteEnded(folders: BuildFolders): Promise<void> {
  await rm(folders.runningFile, { force: true });
}

/**
 * Makes an object folder usable after a killed build: kills compilers that outlived it, and removes
 * targets that they may have left half written. Does nothing after a build that was not interrupted.
 *
 * @returns whether there was such a build.
 */
export async function recoverInterrupted(folders: BuildFolders): Promise<boolean> {
  const text = await readTextIfExists(folders.runningFile);
  if (text === null) return false;
  // A note that is damaged is one of before a power failure, which ended everything.
  const running = parseNote(runningSchema, text);
  if (running !== null) await endOrphans(running.session, dirname(folders.objectDir));
  await removeTorn(folders.objectDir);
  await rm(folders.runningFile, { force: true });
  return true;
}

/**
 * Processes of the session that work in the source's folders: both must hold, because a session's number may be in use
 * again. They are polled because a process of another parent cannot be waited for.
 */
async function endOrphans(session: number, dir: string): Promise<void> {
  const deadline = performance.now() + ORPHANS_MUST_GO_MS;
  for (let orphans = findOrphans(session, dir); orphans.length > 0; orphans = findOrphans(session, dir)) {
    for (const pid of orphans) killIfThere(pid);
    if (performance.now() > deadline) {
      throw new HostError(
        'ORPHANS',
        `Cannot build in ${dir}: processes ${orphans.join(', ')} of a killed build do not exit`,
        {
          hint: `kill -9 ${orphans.join(' ')}`,
        },
      );
    }
    await sleep(POLL_MS);
  }
}

function findOrphans(session: number, dir: string): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((pid) => sessionOf(pid) === session && worksIn(pid, dir));
}

/** Null also for a zombie, which holds no file. */
function sessionOf(pid: number): number | null {
  const field = procStat(pid);
  return field === null || field(3) === 'Z' ? null : Number(field(6));
}

function worksIn(pid: number, dir: string): boolean {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return cwd === dir || cwd.startsWith(`${dir}/`);
  } catch {
    return false;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/**
 * Kbuild writes a target, then the command that made it to `.<target>.cmd`. A target that is newer than its command may
 * have been cut off in the middle, and make, which compares dates, would take it for finished.
 */
async function removeTorn(dir: string): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const commands = new Set(entries.filter((entry) => entry.name.endsWith('.cmd')).map((entry) => entry.name));
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) await removeTorn(path);
    else if (
      entry.isFile() &&
      commands.has(`.${entry.name}.cmd`) &&
      (await isNewer(path, join(dir, `.${entry.name}.cmd`)))
    )
      await unlink(path);
  }
}

async function isNewer(path: string, than: string): Promise<boolean> {
  const [one, other] = await Promise.all([lstat(path, { bigint: true }), lstat(than, { bigint: true })]);
  return one.mtimeNs > other.mtimeNs;
}
