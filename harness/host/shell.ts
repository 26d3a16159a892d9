// SPDX-License-Identifier: GPL-2.0-only
/** A word that a POSIX shell takes as it stands. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  const [, name = '', value = word] = /^(\w+=)(.*)$/s.exec(word) ?? [];
  return `${name}'${value.replaceAll("'", `'\\''`)}'`;
}

/** A command line that a shell takes back as these arguments. */
export function shellText(command: readonly string[]): string {
  return command.map(shellWord).join(' ');
}
