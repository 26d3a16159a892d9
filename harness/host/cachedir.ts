// SPDX-License-Identifier: GPL-2.0-only
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The cache that all clones of the project share: `$SWAPRACE_CACHE`, or `~/.cache/swaprace`. Absolute.
 *
 * Below it: `sources/` pristine trees, `debs/` and `downloads/` what was fetched, `trees/` a working copy and an object
 * folder a source, `configs/` finished configurations, `kernels/` finished builds, `logs/`, `tmp/`.
 */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env['SWAPRACE_CACHE'];
  return chosen === undefined || chosen === '' ? join(homedir(), '.cache', 'swaprace') : resolve(chosen);
}
