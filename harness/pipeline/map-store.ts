import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../host/files.ts';
import { acquireLock } from '../host/lock.ts';
import type { ExplorationSpec } from '../model/exploration.ts';
import type { Kernel } from '../model/kernel.ts';
import { ExplorationFiles } from '../store/exploration-files.ts';
import { EXPLORATION_FILES } from '../store/layout.ts';
import { runExploration, type EndedExploration, type ExplorationOptions } from './exploration-run.ts';
import type { Lab } from './lab.ts';

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
  lab: Pick<Lab, 'rootfs' | 'identity'>,
  resultsDir: string,
  options: ExplorationOptions & { readonly reuse: boolean; readonly onResume: (points: number) => void },
): Promise<StoredExploration> {
  const maps = join(resultsDir, 'maps');
  const dir = join(maps, folderOf(spec));
  await using _lock = await acquireLock(`${dir}.lock`, { purpose: `exploring ${spec.variant}`, signal: options.signal });
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

/** Readable, and different for whatever would give other points. */
function folderOf(spec: ExplorationSpec): string {
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 12);
  return `${spec.variant}-${spec.path}-${spec.hold}-${hash}`;
}
