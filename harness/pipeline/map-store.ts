// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, exists } from '../host/files.ts';
import { acquireLock } from '../host/lock.ts';
import type { Exploration, ExplorationSpec } from '../model/exploration.ts';
import type { Kernel } from '../model/kernel.ts';
import { ExplorationFiles, readExploration } from '../store/exploration-files.ts';
import { EXPLORATION_FILES } from '../store/layout.ts';
import { runExploration, type EndedExploration, type ExplorationOptions } from './exploration-run.ts';
import type { Lab } from '../lab/lab.ts';

/** Folder of the maps that belong to no run, below that of the results. */
const MAPS = 'maps';

/** An exploration with a folder of its own below `results/maps/`. */
export interface StoredExploration extends EndedExploration {
  readonly dir: string;
}

/**
 * Explores outside of any run. The same exploration has the same folder: one that was stopped goes on at its next
 * unexplored point, one that was finished is made again unless `reuse` takes it as it is.
 *
 * @throws HostError when points cannot be kept.
 */
export async function exploreStored(
  spec: ExplorationSpec,
  kernel: Kernel,
  lab: Lab,
  resultsDir: string,
  options: ExplorationOptions & { readonly reuse: boolean; readonly onResume: (points: number) => void },
): Promise<StoredExploration> {
  const dir = join(resultsDir, MAPS, folderOf(spec));
  await using _lock = await acquireLock(`${dir}.lock`, {
    purpose: `exploring ${spec.variant}`,
    signal: options.signal,
  });
  const files = new ExplorationFiles(dir);
  if (await isFinished(files)) {
    if (options.reuse) return { dir, record: await files.readRecord(), map: await files.readMap() };
    await rm(dir, { recursive: true });
  }
  await files.create();
  const known = new Set((await files.readPoints()).map(({ point }) => point.address + point.occurrence));
  if (known.size > 0) options.onResume(known.size);
  const ended = await runExploration(spec, kernel, lab, files, options);
  await files.finish(ended.record, ended.map);
  return { dir, ...ended };
}

async function isFinished(files: ExplorationFiles): Promise<boolean> {
  if (!(await exists(join(files.dir, EXPLORATION_FILES.exploration)))) return false;
  return (await files.readRecord()).end.kind === 'completed';
}

/** What explorations outside of any run have left. */
export interface StoredMaps {
  /** Those that came to an end, by path, hold and variant. */
  readonly explorations: readonly Exploration[];
  /** Folders of those that did not, with the attempts that they have. */
  readonly unfinished: readonly { readonly name: string; readonly attempts: number }[];
  /** What could not be read, and why. */
  readonly unreadable: readonly string[];
}

/** Reads what there is; where nobody explored, nothing. */
export async function readStoredMaps(resultsDir: string): Promise<StoredMaps> {
  const maps = join(resultsDir, MAPS);
  const entries = await readdir(maps, { withFileTypes: true }).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const explorations: Exploration[] = [];
  const unfinished: { name: string; attempts: number }[] = [];
  const unreadable: string[] = [];
  for (const name of names) {
    const dir = join(maps, name);
    try {
      if (await exists(join(dir, EXPLORATION_FILES.exploration))) explorations.push(await readExploration(dir));
      else unfinished.push({ name, attempts: (await new ExplorationFiles(dir).readPoints()).length });
    } catch (error) {
      unreadable.push((error as Error).message);
    }
  }
  const key = ({ spec: { path, hold, variant } }: Exploration): string => [path, hold, variant].join(' ');
  return { explorations: explorations.sort((a, b) => key(a).localeCompare(key(b), 'en')), unfinished, unreadable };
}

/** Readable, and different for whatever would give other points. */
function folderOf(spec: ExplorationSpec): string {
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 12);
  return `${spec.variant}-${spec.path}-${spec.hold}-${hash}`;
}
