// SPDX-License-Identifier: GPL-2.0-only
/** Why GNU patch did not apply something. */
export interface Rejection {
  readonly file: string;
  /** 1-based number of the hunk in its file; null when the whole file was refused. */
  readonly hunk: number | null;
  /** Line of the file at which the hunk was looked for; null when the whole file was refused. */
  readonly line: number | null;
  readonly reason: string;
}

/** Reads the messages of `LC_ALL=C patch --batch --forward`. Pure. */
export function parsePatchOutput(output: string): Rejection[] {
  const found: Rejection[] = [];
  let file = '(no file)';
  for (const line of output.split('\n')) {
    file = /^(?:patching|checking) file (.+?)(?: \((?:renamed|copied|read) from .+\))?$/.exec(line)?.[1] ?? file;
    file = /^\|\+\+\+ [^/\s]+\/([^\t]+)/.exec(line)?.[1] ?? file;
    const rejection = rejectionIn(line, file);
    if (rejection !== null) found.push(rejection);
  }
  return found;
}

const WHOLE_FILE: readonly (readonly [RegExp, string])[] = [
  [/^No file to patch\./, 'there is no such file in the tree'],
  [/^Reversed \(or previously applied\) patch detected!/, 'it is already applied'],
  [/^Not deleting file/, 'the file to be deleted has other content'],
  [/refusing to patch$/, 'it is not a regular file'],
];

function rejectionIn(line: string, file: string): Rejection | null {
  const [, hunk, at] = /^Hunk #(\d+) FAILED at (\d+)/.exec(line) ?? [];
  if (hunk !== undefined)
    return { file, hunk: Number(hunk), line: Number(at), reason: 'the lines around it are others' };
  const fatal = /^patch: \*\*\*\* (.+)$/.exec(line)?.[1];
  if (fatal !== undefined) return { file, hunk: null, line: null, reason: fatal };
  const created = /^The next patch would create the file (.+),$/.exec(line)?.[1];
  if (created !== undefined)
    return { file: created, hunk: null, line: null, reason: 'the file to be created exists already' };
  const whole = WHOLE_FILE.find(([pattern]) => pattern.test(line));
  return whole === undefined ? null : { file, hunk: null, line: null, reason: whole[1] };
}
