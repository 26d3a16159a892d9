// SPDX-License-Identifier: GPL-2.0-only
/** Longest line of a report: it is pasted into mails. */
export const WIDTH = 99;

/**
 * Breaks a text between words; lines after the first begin with `hang` spaces. A word that is too long stands alone.
 */
export function wrap(text: string, hang = 0, width = WIDTH): string[] {
  const lines: string[] = [];
  const indent = /^ */.exec(text)?.[0] ?? '';
  let line = indent;
  for (const word of text.trim().split(/\s+/)) {
    const isStart = line.trim() === '';
    if (!isStart && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ' '.repeat(hang) + word;
    } else {
      line += isStart ? word : ` ${word}`;
    }
  }
  return [...lines, line].map((each) => cut(each, width));
}

/** Breaks a shell command between words so that it can still be pasted. */
export function wrapCommand(command: string, indent: number, width = WIDTH): string[] {
  const lines = wrap(' '.repeat(indent) + command, indent + 4, width - 2);
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** Shortens a line that must not be broken. */
export function cut(line: string, width = WIDTH): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/** Pads every column but the last to its widest cell. Cells are plain text. */
export function align(rows: readonly (readonly string[])[]): string[][] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  return rows.map((row) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))),
  );
}
