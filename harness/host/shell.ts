// SPDX-License-Identifier: GPL-2.0-only
/** Quotes a word for a POSIX shell where needed. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  const [, name = '', value = word] = /^(\w+=)(.*)$/s.exec(word) ?? [];
  return `${name}'${value.replaceAll("'", `'\\''`)}'`;
}

/** A command line that a POSIX shell splits into these arguments. */
export function shellText(command: readonly string[]): string {
  return command.map(shellWord).join(' ');
}
