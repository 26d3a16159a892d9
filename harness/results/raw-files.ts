// SPDX-License-Identifier: GPL-2.0-only
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readBytesIfExists, readTextIfExists } from '../host/files.ts';
import { HostError } from '../model/errors.ts';
import type { RawFiles, SymbolLookup } from '../model/probe.ts';
import { PROGRESS_FILE, STEP_FILES } from './layout.ts';

const OWN: ReadonlySet<string> = new Set([...Object.values(STEP_FILES), PROGRESS_FILE]);

/** Path of a raw file in a step's folder. @throws HostError `NOT_A_RAW_FILE` for a name that leaves it or is taken. */
export function rawPath(dir: string, name: string): string {
  if (name === basename(name) && name !== '..' && name !== '.' && !OWN.has(name)) return join(dir, name);
  throw new HostError('NOT_A_RAW_FILE', `${name} is no name of a raw file of a step`);
}

/** A step's folder to read from. */
export function rawFiles(dir: string, symbols: SymbolLookup): RawFiles {
  return {
    bytes: (name) => readBytesIfExists(rawPath(dir, name)),
    text: (name) => readTextIfExists(rawPath(dir, name)),
    path: (name) => rawPath(dir, name),
    names: async () => (await readdir(dir)).filter((name) => !OWN.has(name)).sort(),
    symbols,
  };
}
