// SPDX-License-Identifier: GPL-2.0-only
import type { Patch, Series } from '../model/kernel.ts';
import { afterLine, hunkSize, readPatch } from './patch-text.ts';

/** A series that lacks one hunk of one of its patches. */
export interface SeriesWithoutHunk {
  readonly series: Series;
  /** The hunk that is left out: patch, file, and the line that begins it. */
  readonly hunk: string;
}

interface Hunk {
  readonly file: string;
  readonly head: string;
  /** Lines of the diff that go away with it; those of the file's header too where it has no other hunk. */
  readonly from: number;
  readonly to: number;
}

/**
 * A series once for each of its hunks, without that one. Whether what is left applies and builds is not known. Pure.
 *
 * @throws SourceError `PATCH_INVALID`.
 */
export function withoutEachHunk(series: Series): SeriesWithoutHunk[] {
  return series.patches.flatMap((patch, at) => {
    const { diff } = readPatch(patch.name, patch.text);
    const lines = diff.split('\n');
    return hunksOf(lines).map(({ file, head, from, to }) => {
      const text = [...lines.slice(0, from), ...lines.slice(to)].join('\n');
      const patches: readonly Patch[] = series.patches.with(at, { name: patch.name, text });
      return {
        series: { ...series, patches: patches.filter((each) => each.text.trim() !== '') },
        hunk: `${patch.name}, ${file} ${head}`,
      };
    });
  });
}

/** @param lines headers and hunks, as `readPatch` leaves them. */
function hunksOf(lines: readonly string[]): Hunk[] {
  const files: { readonly name: string; readonly from: number; readonly hunks: Hunk[] }[] = [];
  let header: number | null = null;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    let left = hunkSize(line);
    if (left === null) {
      if (/^(?:diff --git|---) /.test(line)) header ??= at;
      if (header !== null && line.startsWith('+++ ')) {
        files.push({ name: line.slice('+++ b/'.length).replace(/\t.*/, ''), from: header, hunks: [] });
        header = null;
      }
      continue;
    }
    const from = at;
    while (left.removed > 0 || left.added > 0) left = afterLine(left, lines[++at] ?? '');
    while (lines[at + 1]?.startsWith('\\') === true) at++;
    const file = files.at(-1);
    file?.hunks.push({ file: file.name, head: /^@@ [-+,\d ]+ @@/.exec(line)?.[0] ?? '@@', from, to: at + 1 });
  }
  return files.flatMap(({ from, hunks }) => (hunks.length === 1 ? hunks.map((hunk) => ({ ...hunk, from })) : hunks));
}
