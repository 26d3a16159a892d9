// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t from 'tap';

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const MOST_LINES = 400;
const MOST_COLUMNS = 120;
const TAB = 8;

/** Pages and their style: blanks in a template are part of what it makes. */
const TEMPLATES = 'harness/report/html/';
/** A text, template or regular expression that no line break may be put into. */
const LITERAL = /(['"`/])(?:(?!\1).){50,}/;

/** Words that docs/words.md replaces, as they must not come back. */
const REPLACED = new RegExp(
  [
    /an exposed swapoff\b|gravest|furniture|could not tell|cannotTell|honesty|standstill|brought down to|comes to/,
    /lets? go|tells?|told|besides?|behind|anew|whoever|so many|(?<!there )is none/,
  ]
    .map(({ source }) => `\\b(?:${source})\\b`)
    .join('|'),
  'i',
);
/** Where such a word is quoted, or is the right one. */
const QUOTES = ['docs/words.md', 'harness/test/structure/text.test.ts', 'CHANGELOG.md'];

const tracked = (await execa('git', ['ls-files'], { cwd: root })).stdout.split('\n');
const sources = tracked.filter((file) => /\.(ts|c|h|sh)$/.test(file) || /^scripts\/[a-z]+$/.test(file));
const prose = tracked.filter((file) => /\.(md|yaml|config)$/.test(file) || file === 'guests/init');
const linesOf = (file: string): string[] => readFileSync(resolve(root, file), 'utf8').split('\n');
const DEFAULT = "export const DEFAULT_RACE = 'swapoff';";
const lineOf = (file: string, line: string): number => linesOf(file).indexOf(line) + 1;
/** Tabs count as the kernel's style has them. */
function columns(line: string): number {
  let count = 0;
  for (const char of line) count = char === '\t' ? (Math.floor(count / TAB) + 1) * TAB : count + 1;
  return count;
}

function linesThat(files: readonly string[], matches: (line: string) => boolean): string[] {
  return files.flatMap((file) =>
    linesOf(file).flatMap((line, at) => (matches(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
}

t.test('every source names its licence', async (t) => {
  for (const file of sources) t.match(linesOf(file).slice(0, 2).join('\n'), 'SPDX-License-Identifier: ', file);
});

t.test(`no file of the harness has more than ${MOST_LINES} lines`, async (t) => {
  const harness = sources.filter((file) => file.startsWith('harness/') && !file.startsWith('harness/test/'));
  t.same(
    harness.filter((file) => linesOf(file).length > MOST_LINES + 1),
    [],
  );
});

t.test(`no line but of a long literal has more than ${MOST_COLUMNS} columns`, async (t) => {
  t.same(
    linesThat(
      sources.filter((file) => !file.startsWith(TEMPLATES)),
      (line) => columns(line) > MOST_COLUMNS && !LITERAL.test(line),
    ),
    [],
  );
});

t.test('a race is a folder: the harness names none, but for the one that is the default', async (t) => {
  const races = readdirSync(resolve(root, 'guests/races'));
  t.ok(races.length > 1);
  const harness = sources.filter((file) => file.startsWith('harness/') && !file.startsWith('harness/test/'));
  t.same(
    linesThat(harness, (line) => races.some((race) => line.includes(race))),
    [`harness/model/race.ts:${lineOf('harness/model/race.ts', DEFAULT)}: ${DEFAULT}`],
  );
});

t.test('words that docs/words.md replaces do not come back', async (t) => {
  const files = [...sources, ...prose].filter((file) => !QUOTES.includes(file));
  t.same(
    linesThat(files, (line) => REPLACED.test(line)),
    [],
  );
});

t.test('the rules are not vacuous', async (t) => {
  t.ok(sources.length > 300);
  t.notMatch(` * ${'word '.repeat(30)}`, LITERAL, 'a long comment is no literal');
  t.equal(columns('\tx'), 9);
  t.match('crashes an exposed swapoff', REPLACED);
  t.notMatch('crashes per exposed swapoff', REPLACED);
});
