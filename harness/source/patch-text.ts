// SPDX-License-Identifier: GPL-2.0-only
import { SourceError } from '../model/errors.ts';

/**
 * The files that a patch names, old and new, at strip level 1, in order of appearance; empty when it holds no diff.
 * Pure.
 *
 * @throws SourceError `PATCH_INVALID` for a name that leaves the tree or is quoted.
 */
export function filesOfPatch(name: string, text: string): string[] {
  const files = new Set<string>();
  let left = { removed: 0, added: 0 };
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    // Inside a hunk a line is content, even when it looks like a header.
    if (left.removed > 0 || left.added > 0) {
      left = afterLine(left, line);
      continue;
    }
    left = hunkSize(line) ?? left;
    const file = namedFile(line, lines[index - 1] ?? '', lines[index + 1] ?? '');
    if (file === null || file === '/dev/null') continue;
    files.add(checkedName(name, file));
  }
  return [...files];
}

interface HunkLines {
  readonly removed: number;
  readonly added: number;
}

function hunkSize(line: string): HunkLines | null {
  const [match, removed, added] = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line) ?? [];
  return match === undefined ? null : { removed: Number(removed ?? 1), added: Number(added ?? 1) };
}

function afterLine({ removed, added }: HunkLines, line: string): HunkLines {
  switch (line[0]) {
    case '-':
      return { removed: removed - 1, added };
    case '+':
      return { removed, added: added - 1 };
    case '\\':
      return { removed, added };
    default:
      return { removed: removed - 1, added: added - 1 };
  }
}

/**
 * Unified headers may end in a tab and a date; git's rename lines have no prefix to strip. A header is one only next to
 * its other half: a description may well hold a line that begins with three dashes.
 */
function namedFile(line: string, before: string, after: string): string | null {
  const whole = /^(?:rename|copy) (?:from|to) (.+)$/.exec(line)?.[1];
  if (whole !== undefined) return `x/${whole}`;
  const [, mark, name] = /^(---|\+\+\+|Index:) ([^\t\n]+)/.exec(line) ?? [];
  if (name === undefined) return gitHeader(line);
  const paired =
    mark === '---' ? after.startsWith('+++ ') : mark === '+++' ? before.startsWith('--- ') : after.startsWith('====');
  return paired ? name.trimEnd() : null;
}

/** `diff --git` alone names a file whose mode changes or that is added empty. */
function gitHeader(line: string): string | null {
  return /^diff --git a\/(\S+) b\/\1$/.exec(line) === null ? null : line.slice(line.lastIndexOf(' b/') + 1);
}

function checkedName(patch: string, file: string): string {
  const parts = file.split('/');
  if (file.startsWith('"'))
    throw invalid(patch, `the file name ${file} is quoted`, 'rename the file: a kernel tree has no such names');
  if (file.startsWith('/') || parts.includes('..'))
    throw invalid(patch, `${file} is outside the tree`, 'names in a patch start at the top of the tree');
  if (parts.length < 2)
    throw invalid(
      patch,
      `${file} has no leading folder to strip`,
      'make the patch with a/ and b/ before the names (-p1)',
    );
  return parts.slice(1).join('/');
}

function invalid(patch: string, why: string, hint: string): SourceError {
  return new SourceError('PATCH_INVALID', `Cannot apply ${patch}: ${why}`, { hint });
}
