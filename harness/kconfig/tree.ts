// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfExists } from '../host/files.ts';

/** One `config` or `menuconfig` entry; a symbol may have several. */
export interface Definition {
  readonly symbol: string;
  /** Path below the tree, and 1-based line. */
  readonly file: string;
  readonly line: number;
  /** Its own `depends on` and those of the menus, choices and ifs around it. */
  readonly depends: readonly string[];
  /** Whether a person can set it, and under which condition (null: always). */
  readonly prompt: { readonly condition: string | null } | null;
  readonly selects: readonly { readonly symbol: string; readonly condition: string | null }[];
  readonly inChoice: boolean;
}

/** Every definition of a kernel tree by symbol, without the CONFIG_ prefix. */
export type KconfigTree = ReadonlyMap<string, readonly Definition[]>;

/** Reads the Kconfig files of a tree for x86. It knows what an explanation needs, not the whole language. */
export async function readKconfigTree(root: string): Promise<KconfigTree> {
  const reader = new Reader(root);
  await reader.read('Kconfig');
  return reader.definitions;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

interface Block {
  readonly kind: 'menu' | 'if' | 'choice';
  readonly depends: string[];
}

class Reader {
  readonly definitions = new Map<string, Definition[]>();
  readonly #blocks: Block[] = [];
  #entry: Mutable<Definition> | null = null;

  constructor(readonly root: string) {}

  async read(file: string): Promise<void> {
    const text =
      file === 'Kconfig'
        ? await readFile(join(this.root, file), 'utf8')
        : await readTextIfExists(join(this.root, file));
    if (text === null) return;
    for (const { line, content } of statements(text)) {
      const sourced = /^o?source\s+"?([^"\s]+)"?/.exec(content)?.[1];
      if (sourced === undefined) this.#statement(file, line, content);
      else await this.read(sourced.replace(/\$\(?(?:SRCARCH|HEADER_ARCH)\)?/, 'x86'));
    }
  }

  #statement(file: string, line: number, content: string): void {
    const [, word, rest] = /^(\w+)(?:\s+(.*))?$/.exec(content) ?? [];
    if (word === undefined) return;
    if (!this.#structure(file, line, word, rest ?? '')) this.#attribute(word, rest ?? '');
  }

  /** Words that begin or end an entry or a block. */
  #structure(file: string, line: number, word: string, rest: string): boolean {
    switch (word) {
      case 'config':
      case 'menuconfig':
        this.#open(file, line, rest);
        return true;
      case 'menu':
      case 'choice':
      case 'if':
        this.#entry = null;
        this.#blocks.push({ kind: word, depends: word === 'if' ? [rest] : [] });
        return true;
      case 'endmenu':
      case 'endchoice':
      case 'endif':
        this.#entry = null;
        this.#blocks.pop();
        return true;
      case 'comment':
      case 'mainmenu':
        // What follows belongs to the comment, which nobody asks for.
        this.#entry = blankEntry(file, line, '');
        return true;
      default:
        return false;
    }
  }

  #open(file: string, line: number, symbol: string): void {
    const entry = blankEntry(file, line, symbol);
    entry.depends.push(...this.#blocks.flatMap((block) => block.depends));
    entry.inChoice = this.#blocks.at(-1)?.kind === 'choice';
    this.#entry = entry;
    this.definitions.set(symbol, [...(this.definitions.get(symbol) ?? []), entry]);
  }

  #attribute(word: string, rest: string): void {
    if (word === 'depends')
      return void (this.#entry?.depends ?? this.#blocks.at(-1)?.depends)?.push(rest.replace(/^on\s+/, ''));
    const entry = this.#entry;
    if (entry === null) return;
    if (/^(bool|tristate|string|int|hex|prompt)$/.test(word)) {
      const [match, condition] = /^(?:"(?:[^"\\]|\\.)*"|'[^']*')(?:\s+if\s+(.+))?/.exec(rest) ?? [];
      if (match !== undefined) entry.prompt = { condition: condition ?? null };
    } else if (word === 'select') {
      const [, symbol, condition] = /^(\w+)(?:\s+if\s+(.+))?/.exec(rest) ?? [];
      if (symbol !== undefined) entry.selects.push({ symbol, condition: condition ?? null });
    }
  }
}

function blankEntry(file: string, line: number, symbol: string): Mutable<Definition> {
  return { symbol, file, line, depends: [], prompt: null, selects: [], inChoice: false };
}

/** Statements with their lines: continuations joined, comments and help texts left out. */
function* statements(text: string): Generator<{ line: number; content: string }> {
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    let content = lines[index] ?? '';
    while (content.endsWith('\\')) content = content.slice(0, -1) + (lines[(index += 1)] ?? '');
    content = content.replace(/\s#.*$|^#.*$/, '').trim();
    if (/^(---)?help(---)?$/.test(content)) index = helpEnd(lines, index + 1) - 1;
    else if (content !== '') yield { line, content };
  }
}

/** A help text ends at the first line that is indented less than its first. */
function helpEnd(lines: readonly string[], start: number): number {
  let indent: number | null = null;
  for (let index = start; index < lines.length; index += 1) {
    const line = (lines[index] ?? '').replaceAll('\t', '        ');
    if (line.trim() === '') continue;
    const own = line.length - line.trimStart().length;
    indent ??= own;
    if (own < indent || own === 0) return index;
  }
  return lines.length;
}
