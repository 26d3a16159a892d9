// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigValues, Unmet } from './check.ts';

/** A `config` entry, as far as a message quotes it; a symbol may have several. */
export interface Entry {
  readonly symbol: string;
  /** `mm/Kconfig:12`. */
  readonly where: string;
  /** Its own `depends on`, and the `if`s and menus around it in the same file. */
  readonly depends: string[];
  readonly selects: string[];
}

/** Reads the entries of a tree's Kconfig files for x86. Nothing is evaluated. */
export async function readKconfig(root: string): Promise<readonly Entry[]> {
  const names = (await readdir(root, { recursive: true }))
    .filter((name) => /(^|\/)Kconfig[^/]*$/.test(name) && !/^arch\/(?!x86\/|Kconfig)/.test(name))
    .sort();
  const files = names.map(async (name) => entriesOf(name, await readFile(join(root, name), 'utf8')));
  return (await Promise.all(files)).flat();
}

function entriesOf(file: string, text: string): Entry[] {
  const entries: Entry[] = [];
  const blocks: string[][] = [];
  /** What `depends on` and `select` belong to: an entry or a block; nothing within a help text. */
  let open: Pick<Entry, 'depends' | 'selects'> | null = null;
  for (const { line, word, rest } of statements(text)) {
    if (word === 'config' || word === 'menuconfig') {
      const entry: Entry = { symbol: rest, where: `${file}:${line}`, depends: blocks.flat(), selects: [] };
      entries.push(entry);
      open = entry;
    } else if (word === 'menu' || word === 'choice' || word === 'if') {
      const depends = word === 'if' ? [rest] : [];
      blocks.push(depends);
      open = { depends, selects: [] };
    } else if (/^end(menu|choice|if)$/.test(word)) blocks.pop();
    else if (word === 'help' || word === 'comment') open = null;
    else if (word === 'depends') open?.depends.push(rest.replace(/^on\s+/, ''));
    else if (word === 'select') open?.selects.push(rest.replace(/\s+if\s.*$/, ''));
  }
  return entries;
}

/** First words with what follows them and their line; continued lines are joined. A block's words are not indented. */
function* statements(text: string): Generator<{ line: number; word: string; rest: string }> {
  const joined = text.replace(/\\\n\s*/g, '\0');
  let line = 1;
  for (const raw of joined.split('\n')) {
    const [, indent, word = '', rest = ''] = /^(\s*)(\w+)\s*(.*?)(?:\s#.*)?$/.exec(raw) ?? [];
    const outer = /^(?:menu)?config$|^(?:end)?(?:menu|choice|if)$|^comment$/.test(word);
    if (!outer || indent === '') yield { line, word, rest: rest.replaceAll('\0', '') };
    line += 1 + raw.split('\0').length - 1;
  }
}

/**
 * Why a symbol did not get the requested value, in Kconfig's own words. Pure.
 *
 * @param values the final configuration.
 * @returns the end of a sentence: `depends on NET_CORE && PCI (NET_CORE=n, PCI=y), drivers/net/Kconfig:412`.
 */
export function explainUnmet(
  { request, got }: Unmet,
  entries: readonly Entry[],
  values: ConfigValues,
  kernelVersion: string,
): string {
  const symbol = request.symbol.replace(/^CONFIG_/, '');
  const valueOf = (name: string): string => values.get(`CONFIG_${name}`) ?? 'n';
  const own = entries.filter((entry) => entry.symbol === symbol);
  if (own.length === 0) return `no such symbol in ${kernelVersion}`;
  const selectors = entries.filter((entry) => entry.selects.includes(symbol)).map((entry) => entry.symbol);
  const active = selectors.filter((name) => valueOf(name) !== 'n');
  if (active.length > 0 && got !== 'n') return `selected by ${active.slice(0, 5).join(', ')}`;
  return own.map((entry) => dependsText(entry, selectors, valueOf)).join('; or ');
}

function dependsText({ where, depends }: Entry, selectors: string[], valueOf: (name: string) => string): string {
  const selected = selectors.length === 0 ? '' : `; selected by ${selectors.slice(0, 5).join(', ')}`;
  if (depends.length === 0) return `no unmet \`depends on\`, see ${where}${selected}`;
  const names = new Set(depends.flatMap((line) => line.match(/\b(?!\d)[A-Z0-9_]+\b/g) ?? []));
  const states = [...names].map((name) => `${name}=${valueOf(name)}`).join(', ');
  const parts = depends.length === 1 ? depends : depends.map((line) => (line.includes('||') ? `(${line})` : line));
  return `depends on ${parts.join(' && ')} (${states}), ${where}${selected}`;
}
