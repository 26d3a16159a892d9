// SPDX-License-Identifier: GPL-2.0-only
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BuildError } from '../model/errors.ts';
import { errnoOf } from '../host/files.ts';
import { makePrivateDir } from '../host/temp-dir.ts';
import { run, runOk, tail } from '../host/process.ts';
import type { CpioEntry } from './cpio.ts';

/** Static, so that a program needs no library in the image; stripped, because the image is read at every boot. */
export const CFLAGS = ['-static', '-O2', '-s', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-pthread'] as const;

/** Folder of `src/` that is no program: linked to each, as far as it is used. */
const COMMON = 'common';

/**
 * Compiles the programs of a guests folder: each `src/NAME.c` is one, each folder `src/NAME/` with several .c files
 * another. Those of races are in `races/RACE/`, and are called RACE-NAME.
 *
 * @returns entries `bin/NAME`.
 * @throws BuildError `GUEST_PROGRAM_FAILED` with the compiler's messages.
 */
export async function compilePrograms(guestsDir: string, signal: AbortSignal): Promise<CpioEntry[]> {
  await using out = await makePrivateDir('cc');
  const common = join(guestsDir, 'src', COMMON);
  const library = await compileLibrary(common, out.path, signal);
  const entries: CpioEntry[] = [];
  for (const { name, sources } of await allPrograms(guestsDir)) {
    const binary = join(out.path, name);
    await gcc(['-I', common, '-o', binary, ...sources, library], sources, signal);
    entries.push({ kind: 'file', path: `bin/${name}`, mode: 0o755, data: await readFile(binary) });
  }
  return entries;
}

/** An archive: only what a program refers to becomes part of it, `main` of placed programs included. */
async function compileLibrary(common: string, out: string, signal: AbortSignal): Promise<string> {
  const sources = await sourcesOf(common);
  const objects: string[] = [];
  for (const source of sources) {
    const object = join(out, `${basename(source, '.c')}.o`);
    await gcc(['-c', '-o', object, source], [source], signal);
    objects.push(object);
  }
  const library = join(out, 'libcommon.a');
  await runOk('ar', ['rcs', library, ...objects], { signal });
  return library;
}

interface Program {
  readonly name: string;
  readonly sources: readonly string[];
}

async function allPrograms(guestsDir: string): Promise<Program[]> {
  const programs = await programsOf(join(guestsDir, 'src'));
  const races = join(guestsDir, 'races');
  for (const race of await foldersOf(races)) {
    const own = await programsOf(join(races, race));
    programs.push(...own.map(({ name, sources }) => ({ name: `${race}-${name}`, sources })));
  }
  return programs.filter(({ name, sources }) => name !== COMMON && sources.length > 0);
}

async function programsOf(dir: string): Promise<Program[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const programs: Program[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) programs.push({ name: entry.name, sources: await sourcesOf(path) });
    else if (entry.name.endsWith('.c')) programs.push({ name: basename(entry.name, '.c'), sources: [path] });
  }
  return programs;
}

async function sourcesOf(dir: string): Promise<string[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.c')).sort();
  return files.map((file) => join(dir, file));
}

/** Those that there are; a guests folder may have no races. */
async function foldersOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

async function gcc(args: readonly string[], sources: readonly string[], signal: AbortSignal): Promise<void> {
  const result = await run('gcc', [...CFLAGS, ...args], { signal });
  if (result.exitCode === 0) return;
  throw new BuildError('GUEST_PROGRAM_FAILED', `Cannot compile ${sources.join(' ')} for the guest`, {
    details: tail(result.stderr, 30),
  });
}
