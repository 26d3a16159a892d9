// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A private folder that goes away with its owner. Dispose removes it; idempotent. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * Makes a private folder below `<cacheDir>/tmp`, so that its content can be renamed into the cache. Folders whose
 * makers died are removed on the way: a killed run leaves gigabytes.
 *
 * @param label says what it is for; letters, digits and dashes.
 */
export async function tempFolder(cacheDir: string, label: string): Promise<TempFolder> {
  const base = join(cacheDir, 'tmp');
  await mkdir(base, { recursive: true });
  await sweepAbandoned(base);
  const owner = [safeHostname(), process.pid, startTime(process.pid)].join(',');
  const path = await mkdtemp(join(base, `${label},${owner},`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function sweepAbandoned(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const [, host, pid, started] = name.split(',');
    // Another host's processes cannot be seen from here: its folders are its own to remove.
    if (host !== safeHostname() || startTime(Number(pid)) === started) continue;
    await rm(join(base, name), { recursive: true, force: true });
  }
}

/**
 * When a process started, in clock ticks since boot: with the pid it names one process for good. Null when there is
 * none.
 */
export function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22 of proc(5); the name in field 2 may hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function safeHostname(): string {
  return hostname().replaceAll(',', '-');
}
