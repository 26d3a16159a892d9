// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';

/**
 * The one working copy and the one object folder of a source. All its variants are built in them, so that a variant
 * costs the objects that its own files change.
 */
export interface BuildFolders {
  /** Source with the series of one variant applied. */
  readonly sourceDir: string;
  readonly objectDir: string;
  /** Exists while make runs; a later build that finds it knows that make was killed. */
  readonly runningFile: string;
}

export function buildFolders(cacheDir: string, treeId: string): BuildFolders {
  const dir = join(cacheDir, 'trees', treeId);
  return {
    sourceDir: join(dir, 'work'),
    objectDir: join(dir, 'obj'),
    runningFile: join(dir, 'running.json'),
  };
}
