// SPDX-License-Identifier: GPL-2.0-only
/** The first error of a compiler, assembler or linker. */
export interface Diagnosis {
  /** Below the tree, where it is a file of the tree; null when the tool names none. */
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
  /** The error and the lines after it in the log. */
  readonly context: string;
}

const CONTEXT_LINES = 15;

type Reader = (line: string) => Omit<Diagnosis, 'context'> | null;

/** Most specific first: make's own last message counts only when no tool printed an error. */
const READERS: readonly Reader[] = [
  (line) => located(/^(\S[^:\s]*):(\d+):(?:\d+:)? (?:fatal )?[Ee]rror: (.+)$/.exec(line)),
  (line) =>
    located(/^(?:\S*ld: )?(?:\S+: in function `[^']+': ?)?(\S[^:\s]*):(\d+): (undefined reference to .+)$/.exec(line)),
  (line) =>
    unlocated(/(?:^|\/)ld: (.*(?:undefined reference|multiple definition|cannot find|error|overflow).*)$/.exec(line)),
  (line) => unlocated(/^(\S+: error: .+)$/.exec(line)),
  (line) => unlocated(/^make(?:\[\d+\])?: \*\*\* (No rule to make target .+?)(?:  Stop\.)?$/.exec(line)),
  (line) => unlocated(/^make(?:\[\d+\])?: \*\*\* (.+)$/.exec(line)),
];

/**
 * Finds the first error in the output of a kernel build. Pure.
 *
 * @param sourceDir prefix to remove from names of files.
 * @returns null when the output holds nothing that looks like one.
 */
export function firstError(lines: readonly string[], sourceDir: string): Diagnosis | null {
  for (const read of READERS) {
    for (const [index, line] of lines.entries()) {
      const found = read(line);
      if (found === null) continue;
      const context = lines
        .slice(index, index + CONTEXT_LINES)
        .join('\n')
        .replaceAll(`${sourceDir}/`, '');
      return { ...found, file: found.file === null ? null : relativeTo(found.file, sourceDir), context };
    }
  }
  return null;
}

function located(match: RegExpExecArray | null): ReturnType<Reader> {
  const [, file, line, message] = match ?? [];
  return file === undefined || message === undefined ? null : { file, line: Number(line), message };
}

function unlocated(match: RegExpExecArray | null): ReturnType<Reader> {
  const message = match?.[1];
  return message === undefined ? null : { file: null, line: null, message };
}

function relativeTo(file: string, sourceDir: string): string {
  return file.startsWith(`${sourceDir}/`) ? file.slice(sourceDir.length + 1) : file.replace(/^(\.\.?\/)+/, '');
}
