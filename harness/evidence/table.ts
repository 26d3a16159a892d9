// SPDX-License-Identifier: GPL-2.0-only
import type { Detector, Firing } from './detector.ts';
import { ATOMICITY, LOCKING } from './table/locking.ts';
import { MEMORY } from './table/memory.ts';
import { OOPSES } from './table/oops.ts';
import { OTHERS, PANICS } from './table/panics.ts';
import { SANITIZERS } from './table/sanitizers.ts';
import { STALLS } from './table/stalls.ts';
import { WARNINGS } from './table/warnings.ts';
import { sequence } from './pattern.ts';

/** What kernels from 4.x to 6.x print when they complain. The first entry that a line fires is the one. */
export const TABLE: readonly Detector[] = [
  ...OOPSES,
  ...SANITIZERS,
  ...WARNINGS,
  ...LOCKING,
  ...ATOMICITY,
  ...STALLS,
  ...MEMORY,
  ...PANICS,
  ...OTHERS,
];

/** The entry that a cleaned line fires, with the line's named groups; null for all that a healthy kernel prints. */
export function fire(line: string): Firing | null {
  return fireAt(line.trimStart()) ?? fireGlued(line);
}

const DIE = sequence(
  /(?:Oops: |general protection fault|divide[ _]error|invalid opcode|double fault|stack segment)/,
  /[^[]*: [0-9a-f]{4} \[#\d+\]/,
);

/** die()'s number says that an oops begins here, whatever stood on the console's line before. */
function fireGlued(line: string): Firing | null {
  const die = DIE.exec(line);
  return die && die.index > 0 ? fireAt(line.slice(die.index)) : null;
}

function fireAt(line: string): Firing | null {
  for (const detector of TABLE) {
    const match = detector.starts.exec(line);
    if (match && !detector.except?.test(line)) return { detector, groups: namedGroups(match) };
  }
  return null;
}

/** Named groups that took part in a match; `nature2` is `nature`, since a name may stand once in a pattern only. */
export function namedGroups(match: RegExpExecArray): Record<string, string> {
  const taken = Object.entries(match.groups ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(taken.map(([name, value]) => [name.replace(/\d$/, ''), value]));
}
