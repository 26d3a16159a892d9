// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { UsageError } from '../model/errors.ts';
import type { Race } from '../model/race.ts';
import { problemsOf, type RaceProblem } from './check.ts';
import { raceFile, type RaceFile } from './schema.ts';

/** A race as its folder has it: what reports know of it, and what is needed to place and to stress it. */
export type RaceFolder = Race &
  RaceFile & {
    /** Names of the programs that the folder has the C of: `place`, `stress`. */
    readonly programs: readonly string[];
  };

const FILE = 'race.yaml';

/** Folders of races below a checkout's `guests/`. */
export function racesDir(guestsDir: string): string {
  return join(guestsDir, 'races');
}

/** Names of the races that there are: folders with a race.yaml. */
export function raceNames(guestsDir: string): string[] {
  const dir = racesDir(guestsDir);
  return foldersOf(dir).filter((name) => readdirSync(join(dir, name)).includes(FILE));
}

/**
 * Reads a race by its name.
 *
 * @throws UsageError `NO_SUCH_RACE` naming those that there are; `RACE_INVALID` as `readRaceFolder` does.
 */
export function readRace(guestsDir: string, name: string): RaceFolder {
  const names = raceNames(guestsDir);
  if (names.includes(name)) return readRaceFolder(join(racesDir(guestsDir), name));
  throw new UsageError('NO_SUCH_RACE', `No race ${name}`, { hint: `one of: ${names.join(', ')}` });
}

/** @throws UsageError `RACE_INVALID` that lists everything that is wrong with race.yaml, with its line. */
export function readRaceFolder(dir: string): RaceFolder {
  const file = join(dir, FILE);
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  if (document.errors.length > 0)
    throw invalid(document.errors.map(({ pos, message }) => `${file}:${lineAt(pos[0])}: ${message}`));
  const lineOf = (path: RaceProblem['path']): number => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return lineAt(node.range[0]);
    }
    return 1;
  };
  const parsed = raceFile.safeParse(document.toJS());
  const programs = programsOf(dir);
  const problems = parsed.success ? problemsOf(parsed.data, basename(dir), programs) : issuesOf(parsed.error);
  if (parsed.success && problems.length === 0) return { ...parsed.data, programs };
  throw invalid(problems.map(({ path, message }) => `${file}:${lineOf(path)}: ${path.join('.')}: ${message}`));
}

function issuesOf({ issues }: z.ZodError): RaceProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown key' }));
  });
}

function invalid(lines: readonly string[]): UsageError {
  return new UsageError('RACE_INVALID', `Cannot use this race:\n  ${lines.join('\n  ')}`, {
    hint: 'docs/races.md describes race.yaml, guests/races/ has examples',
  });
}

/** Programs that a race's folder has the C of. */
function programsOf(dir: string): string[] {
  const sources = readdirSync(dir, { withFileTypes: true });
  return sources.flatMap((entry) => {
    if (entry.isDirectory()) return [entry.name];
    return extname(entry.name) === '.c' ? [basename(entry.name, '.c')] : [];
  });
}

function foldersOf(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
