// SPDX-License-Identifier: GPL-2.0-only
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostError } from '../model/errors.ts';
import { startTime } from './workdir.ts';

const PREFIX = 'swaprace-';

/** A folder for sockets, images and keys that goes with its owner. */
export interface PrivateDir extends AsyncDisposable {
  /** Absolute and short: unix sockets in it must fit 108 bytes. */
  readonly path: string;
}

/**
 * Makes a folder that only this user can enter; its name says which process it belongs to, so that `sweepOrphans`
 * can tell what a killed harness left behind. No commas: QEMU's options are lists.
 *
 * @throws HostError `NO_PRIVATE_DIR` when the temporary folder cannot be written.
 */
export async function makePrivateDir(): Promise<PrivateDir> {
  const path = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${startTime(process.pid)}-`)).catch(
    (cause: Error) => {
      throw new HostError('NO_PRIVATE_DIR', `Cannot make a folder in ${tmpdir()}: ${cause.message}`, {
        hint: 'free some space there, or set TMPDIR to a folder that can be written',
        cause,
      });
    },
  );
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Removes the folders of harnesses that are no longer alive. @returns the paths that were removed. */
export async function sweepOrphans(): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(tmpdir())) {
    const [, pid, started] = /^swaprace-(\d+)-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || startTime(Number(pid)) === started) continue;
    const path = join(tmpdir(), name);
    // Another user's leftovers are theirs to remove.
    await rm(path, { recursive: true, force: true }).then(
      () => removed.push(path),
      () => undefined,
    );
  }
  return removed;
}
