// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

const SERIES = 'kernel-configs/series';
const FRAGMENTS = 'kernel-configs/fragments';
const FRAGMENT_SUFFIX = '.config';
const TARGETS = 'kernel-configs/targets';
const TARGET_SUFFIX = '.yaml';

/**
 * Series and fragments by the names that plans give them: what the project ships by its bare name, anything else by a
 * path that begins with `./`, `../` or `/`, relative to the plan's own folder.
 */
export class PlanCatalog {
  constructor(
    private readonly root: string,
    /** Folder of the plan file. */
    private readonly planFolder: string,
  ) {}

  /** Absolute path of a series' folder; null when there is none. */
  series(name: string): string | null {
    const path = this.#resolve(name, SERIES, '');
    return path !== null && isFolder(path) ? path : null;
  }

  /** Absolute path of a fragment's file; null when there is none. */
  fragment(name: string): string | null {
    const path = this.#resolve(name, FRAGMENTS, FRAGMENT_SUFFIX);
    return path !== null && isFile(path) ? path : null;
  }

  /** Absolute path of a target's file; null when there is none. */
  target(name: string): string | null {
    const path = this.#resolve(name, TARGETS, TARGET_SUFFIX);
    return path !== null && isFile(path) ? path : null;
  }

  targetNames(): string[] {
    return this.#names(TARGETS, TARGET_SUFFIX);
  }

  /** Bare names of the series that the project ships: folders with a file `series`. */
  seriesNames(): string[] {
    const base = join(this.root, SERIES);
    return filesBelow(base)
      .filter((file) => basename(file) === 'series')
      .map((file) => relative(base, dirname(file)))
      .sort();
  }

  fragmentNames(): string[] {
    return this.#names(FRAGMENTS, FRAGMENT_SUFFIX);
  }

  #names(shipped: string, suffix: string): string[] {
    const base = join(this.root, shipped);
    return filesBelow(base)
      .filter((file) => file.endsWith(suffix))
      .map((file) => relative(base, file).slice(0, -suffix.length))
      .sort();
  }

  #resolve(name: string, shipped: string, suffix: string): string | null {
    if (/^\.{0,2}\//.test(name)) return resolve(this.planFolder, name);
    // A bare name that climbs out is not a name.
    if (name.split('/').includes('..')) return null;
    return join(this.root, shipped, name + suffix);
  }
}

function filesBelow(folder: string): string[] {
  if (!isFolder(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
