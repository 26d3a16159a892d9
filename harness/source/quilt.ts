// SPDX-License-Identifier: GPL-2.0-only
import { join, normalize } from 'node:path';
import type { Patch } from '../model/kernel.ts';
import { SourceError } from '../model/errors.ts';
import { errnoOf, readTextIfExists } from '../host/files.ts';

/**
 * Reads a quilt folder: a file `series` that names one patch per line, and the patches next to it.
 *
 * @throws SourceError `SERIES_INVALID` naming the line, `SERIES_MISSING`.
 */
export async function patchesOfQuilt(dir: string): Promise<Patch[]> {
  const list = await readFileText(join(dir, 'series'));
  if (list === null) {
    throw new SourceError(
      'SERIES_MISSING',
      `Cannot read the series ${dir}: there is no file named series, no patch and no mail in it`,
      {
        hint: 'a series folder has a file `series` that names its patches in order; or name the patch file itself',
      },
    );
  }
  return Promise.all(parseSeriesFile(dir, list).map((name) => readPatch(dir, name)));
}

/** The text of a file; null where there is none, or a folder has its name. */
async function readFileText(path: string): Promise<string | null> {
  return readTextIfExists(path).catch((error: unknown) => {
    if (errnoOf(error) === 'EISDIR') return null;
    throw error;
  });
}

/** Patch names of a quilt `series` file. Pure. */
export function parseSeriesFile(dir: string, text: string): string[] {
  return text.split('\n').flatMap((raw, index) => {
    const [name, ...options] = raw
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    if (name === undefined || name === '') return [];
    const where = `${join(dir, 'series')}:${index + 1}`;
    const other = options.find((option) => option !== '-p1');
    if (other !== undefined) throw invalid(where, `${name} asks for ${other}`, 'refresh it with -p1');
    if (normalize(name).startsWith('..') || name.startsWith('/'))
      throw invalid(where, `${name} is outside the folder`, 'put the patch next to the series file');
    return [name];
  });
}

async function readPatch(dir: string, name: string): Promise<Patch> {
  const text = await readFileText(join(dir, name));
  if (text === null) throw invalid(join(dir, 'series'), `${name} is not there`, 'add the patch, or take its line out');
  return { name, text };
}

function invalid(where: string, why: string, hint: string): SourceError {
  return new SourceError('SERIES_INVALID', `Cannot read ${where}: ${why}`, { hint });
}
