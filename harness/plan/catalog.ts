// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { raceNames, racesDir, readRace, type RaceFolder } from '../race/read.ts';

const SERIES = 'kernel-configs/series';
const FRAGMENTS = 'kernel-configs/fragments';
const FRAGMENT_SUFFIX = '.config';
const GUESTS = 'guests';
/** Fragment in a race's folder, which has the race's name. */
const RACE_FRAGMENT = 'kernel.config';

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

  /**
   * Absolute path of a series: a folder, or where it is named by a path, a patch, a mailbox, or a repository with a
   * range of its commits, `../linux#v6.1..fix`. Null when there is none.
   */
  series(name: string): string | null {
    const [, place = name, range = ''] = /^(\.{0,2}\/.*?)(#[^#]+\.\.[^#]+)$/.exec(name) ?? [];
    const path = this.#resolve(place, SERIES, '');
    if (path === null) return null;
    return isFolder(path) || (isPath(name) && range === '' && isFile(path)) ? `${path}${range}` : null;
  }

  /** Absolute path of a fragment's file; null when there is none. */
  fragment(name: string): string | null {
    const path = this.#resolve(name, FRAGMENTS, FRAGMENT_SUFFIX);
    if (path !== null && isFile(path)) return path;
    const ofRace = join(racesDir(this.#guests), name, RACE_FRAGMENT);
    return this.raceNames().includes(name) && isFile(ofRace) ? ofRace : null;
  }

  /** @throws UsageError `NO_SUCH_RACE`, `RACE_INVALID`. */
  race(name: string): RaceFolder {
    return readRace(this.#guests, name);
  }

  raceNames(): string[] {
    return raceNames(this.#guests);
  }

  /** Absolute path of a file with a target that is no race's; null for a name, and when there is none. */
  targetFile(name: string): string | null {
    const path = isPath(name) ? resolve(this.planFolder, name) : null;
    return path !== null && isFile(path) ? path : null;
  }

  get #guests(): string {
    return join(this.root, GUESTS);
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
    const base = join(this.root, FRAGMENTS);
    const shipped = filesBelow(base)
      .filter((file) => file.endsWith(FRAGMENT_SUFFIX))
      .map((file) => relative(base, file).slice(0, -FRAGMENT_SUFFIX.length));
    return [...shipped, ...this.raceNames().filter((name) => this.fragment(name) !== null)].sort();
  }

  #resolve(name: string, shipped: string, suffix: string): string | null {
    if (isPath(name)) return resolve(this.planFolder, name);
    // A bare name that climbs out is not a name.
    if (name.split('/').includes('..')) return null;
    return join(this.root, shipped, name + suffix);
  }
}

function isPath(name: string): boolean {
  return /^\.{0,2}\//.test(name);
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
