// SPDX-License-Identifier: GPL-2.0-only
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../model/errors.ts';

/**
 * The cache that all clones of the project share: `$SWAPRACE_CACHE`, or `~/.cache/swaprace`. Absolute.
 *
 * Below it: `sources/` pristine trees, `debs/` and `downloads/` what was fetched, `trees/` a working copy and an object
 * folder a source, `configs/` finished configurations, `kernels/` finished builds, `logs/`, `tmp/`.
 *
 * @throws UsageError `CACHE_UNUSABLE` without a home, and for a path that make or its shell would take apart.
 */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env['SWAPRACE_CACHE'];
  const path = chosen === undefined || chosen === '' ? join(homeOf(env), '.cache', 'swaprace') : resolve(chosen);
  if (/^[\p{L}\p{N}/._+@~#=,-]+$/u.test(path)) return path;
  throw unusable(`${JSON.stringify(path)} has blanks or other characters that make does not take in a path`);
}

function homeOf(env: NodeJS.ProcessEnv): string {
  const home = env['HOME'] ?? homeOfUser();
  if (home !== null && isAbsolute(home)) return home;
  throw unusable(home === null ? 'HOME is not set' : `HOME is ${JSON.stringify(home)}, not an absolute path`);
}

/** Null for a user id without an entry in passwd(5). */
function homeOfUser(): string | null {
  try {
    return homedir();
  } catch {
    return null;
  }
}

function unusable(why: string): UsageError {
  return new UsageError('CACHE_UNUSABLE', `Cannot use the cache: ${why}`, {
    hint: 'set SWAPRACE_CACHE to a folder with a plain path, for example /var/tmp/swaprace',
  });
}
