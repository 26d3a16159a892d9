// SPDX-License-Identifier: GPL-2.0-only
import { SourceError } from '../model/errors.ts';

/** What a patch file holds. */
export interface PatchText {
  /** The files that it names, old and new, at strip level 1, in order of appearance; empty when it holds no diff. */
  readonly files: readonly string[];
  /** Its headers and unified hunks, and an empty line for any other. */
  readonly diff: string;
}

/**
 * Reads a patch. What is not a header or a hunk is taken out: patch(1) looks for ed scripts and other forms of diff
 * between them, whose changes need no context. Pure.
 *
 * @throws SourceError `PATCH_INVALID` for a name that leaves the tree or is quoted; for a symbolic link or submodule:
 *   what they lead to is not part of a tree; for a header without a unified hunk, a hunk without a header, binary data.
 */
export function readPatch(name: string, text: string): PatchText {
  const files = new Set<string>();
  const kept: string[] = [];
  let left = { removed: 0, added: 0 };
  let [git, inFile] = [false, false];
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const hunk = hunkSize(line);
    // Inside a hunk a line is content, even when it looks like a header.
    const inHunk = left.removed > 0 || left.added > 0;
    if (inHunk || (inFile && (hunk !== null || line.startsWith('\\')))) {
      left = inHunk ? afterLine(left, line) : (hunk ?? left);
      kept.push(line);
      continue;
    }
    if (hunk !== null && files.size > 0)
      throw invalid(name, `there is no header before line ${index + 1}, "${line.trimEnd()}"`, REMAKE);
    const [before, after] = [lines[index - 1] ?? '', lines[index + 1] ?? ''];
    git ||= line.startsWith('diff --git ');
    const file = namedFile(line, before, after);
    if (file !== null && file !== '/dev/null') files.add(checkedName(name, file));
    inFile = file !== null && line.startsWith('+++');
    if (inFile && hunkSize(after) === null)
      throw invalid(name, `there is no unified hunk after "${line.trimEnd()}"`, REMAKE);
    if (git) checkGitLine(name, line);
    const header = (file !== null && !line.startsWith('Index:')) || (git && GIT_HEADER.test(line));
    kept.push(header ? line : '');
  }
  return { files: [...files], diff: kept.join('\n') };
}

const REMAKE = 'make the patch again with git or diff -u';
const GIT_HEADER = /^(?:diff --git|(?:old|new|deleted file|new file) mode|(?:dis)?similarity index|index) /;

/** What git writes for a change that is not one of text, and patch(1) would pass over. */
function checkGitLine(name: string, line: string): void {
  if (NO_FILE_MODE.test(line))
    throw invalid(name, `it adds, changes or removes a symbolic link or a submodule (${line})`, 'take that part out');
  if (/^(?:GIT binary patch|Binary files .* differ)\s*$/.test(line))
    throw invalid(name, `it changes a binary file (${line})`, 'take that part out');
}

/** Git's lines of modes after `diff --git`, for what is no plain file. */
const NO_FILE_MODE = /^(?:(?:new|deleted) file mode|(?:old|new) mode|index [0-9a-f]+\.\.[0-9a-f]+) 1[26]0000\s*$/;

export interface HunkLines {
  readonly removed: number;
  readonly added: number;
}

export function hunkSize(line: string): HunkLines | null {
  const [match, removed, added] = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line) ?? [];
  return match === undefined ? null : { removed: Number(removed ?? 1), added: Number(added ?? 1) };
}

export function afterLine({ removed, added }: HunkLines, line: string): HunkLines {
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
