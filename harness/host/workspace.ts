// SPDX-License-Identifier: GPL-2.0-only
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultCacheDir } from './cachedir.ts';

/** Where a checkout keeps what it works with; all absolute. */
export interface Workspace {
  readonly root: string;
  readonly guestsDir: string;
  readonly plansDir: string;
  readonly resultsDir: string;
  readonly cacheDir: string;
}

/** The checkout that this file is part of, with the cache that the environment names. */
export function workspace(env: NodeJS.ProcessEnv = process.env): Workspace {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
  return {
    root,
    guestsDir: join(root, 'guests'),
    plansDir: join(root, 'kernel-configs', 'plans'),
    resultsDir: join(root, 'results'),
    cacheDir: defaultCacheDir(env),
  };
}
