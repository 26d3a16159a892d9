// SPDX-License-Identifier: GPL-2.0-only
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildError } from '../model/errors.ts';
import { run, tail } from '../host/process.ts';
import { makePrivateDir } from '../host/temp-dir.ts';
import type { CpioEntry } from './cpio.ts';

/** Static, so that a program needs nothing of the image; stripped, since the image is read at every boot. */
export const CFLAGS = ['-static', '-O2', '-s', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-pthread'] as const;

/**
 * Compiles the programs of `srcDir` for the guest: each `NAME.c` is one program, each folder `NAME/` with
 * several .c files another.
 *
 * @returns entries `bin/NAME`.
 * @throws BuildError `GUEST_PROGRAM_FAILED` with the compiler's words.
 */
export async function compilePrograms(srcDir: string, signal: AbortSignal): Promise<CpioEntry[]> {
  await using out = await makePrivateDir('cc');
  const entries: CpioEntry[] = [];
  for (const program of await programsOf(srcDir)) {
    const binary = join(out.path, program.name);
    await compile(program.sources, binary, signal);
    entries.push({ kind: 'file', path: `bin/${program.name}`, mode: 0o755, data: await readFile(binary) });
  }
  return entries;
}

interface Program {
  readonly name: string;
  readonly sources: readonly string[];
}

async function programsOf(srcDir: string): Promise<Program[]> {
  const entries = await readdir(srcDir, { withFileTypes: true });
  const programs: Program[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(srcDir, entry.name);
    if (entry.isDirectory()) {
      const sources = (await readdir(path)).filter((file) => file.endsWith('.c')).sort();
      programs.push({ name: entry.name, sources: sources.map((file) => join(path, file)) });
    } else if (entry.name.endsWith('.c')) {
      programs.push({ name: entry.name.slice(0, -2), sources: [path] });
    }
  }
  return programs;
}

async function compile(sources: readonly string[], binary: string, signal: AbortSignal): Promise<void> {
  const result = await run('gcc', [...CFLAGS, '-o', binary, ...sources], { signal });
  if (result.exitCode === 0) return;
  throw new BuildError('GUEST_PROGRAM_FAILED', `Cannot compile ${sources.join(' ')} for the guest`, {
    details: tail(result.stderr, 30),
  });
}
