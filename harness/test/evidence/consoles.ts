// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync, readdirSync } from 'node:fs';

/**
 * Where the consoles of these tests come from. All are `made-up`: written for the test after the kernel's own format
 * strings, with tasks and addresses that are nobody's. One that retells a real log is `real`, and its file
 * opens with `origin: real`; names, hosts and addresses of people are replaced in it and it is written again, not
 * copied.
 */
export type Origin = 'made-up' | 'real';

/** A recorded form of one detector: a console that fires it, one that nearly does, and what is expected. */
export interface Specimen {
  readonly id: string;
  readonly origin: Origin;
  readonly type: string;
  readonly title: string;
  readonly guilty: string | null;
  readonly fires: string;
  readonly nearMiss: string;
}

const FOLDER = new URL('fixtures/table/', import.meta.url);
const FORM =
  /^(?:origin: (?<origin>real)\n)?type: (?<type>.+)\ntitle: (?<title>.+)\nguilty: (?<guilty>.+)\n--- fires ---\n(?<fires>[^]*)\n--- near miss ---\n(?<nearMiss>[^]*)$/;

/** All of fixtures/table, whose functions are partly made up so that each case blames its own. */
export function specimens(): Specimen[] {
  return readdirSync(FOLDER)
    .sort()
    .map((name) => {
      const groups = FORM.exec(readFileSync(new URL(name, FOLDER), 'utf8'))?.groups;
      if (!groups) throw new Error(`${name} is not a specimen`);
      const { type = '', title = '', guilty = '', fires = '', nearMiss = '' } = groups;
      return {
        id: name.replace(/\.txt$/, ''),
        origin: groups['origin'] === 'real' ? 'real' : 'made-up',
        type,
        title,
        guilty: guilty === '-' ? null : guilty,
        fires,
        nearMiss,
      };
    });
}

/** The console of one specimen. */
export function consoleOf(id: string): string {
  const found = specimens().find((specimen) => specimen.id === id);
  if (!found) throw new Error(`no specimen ${id}`);
  return found.fires;
}

/** Puts printk's stamp and caller id before every line. */
export function stamped(text: string, context: string, seconds = 10): string {
  return text
    .trim()
    .split('\n')
    .map((line, index) => `[${(seconds + index / 1000).toFixed(6).padStart(12)}][${context.padStart(5)}] ${line}`)
    .join('\n');
}

/** Lines of several contexts as a console shows them when all print at once: one of each in turn. */
export function interleave(...texts: readonly string[]): string {
  const columns = texts.map((text) => text.split('\n'));
  const rows = Math.max(...columns.map((lines) => lines.length));
  return Array.from({ length: rows }, (_, row) => columns.flatMap((lines) => lines.slice(row, row + 1)))
    .flat()
    .join('\n');
}
