// SPDX-License-Identifier: GPL-2.0-only
import { Parser, type Result } from 'tap-parser';

/** What one file of tests came to. */
export interface FileResult {
  readonly name: string;
  readonly ok: boolean;
  /** Its tests: the points one level below the file's own. A file that failed by itself counts as one. */
  readonly passed: number;
  readonly failed: number;
  /** What the file printed about failures. */
  readonly details: readonly string[];
}

/** Reads the output of tap, whose top level has one point per file. Pure. */
export function readTap(text: string): FileResult[] {
  const files: FileResult[] = [];
  let [passed, failed, details]: [number, number, string[]] = [0, 0, []];
  const root = new Parser();
  root.on('extra', (line: string) => details.push(line.trim()));
  root.on('child', (file: Parser) => {
    [passed, failed, details] = [0, 0, []];
    file.on('assert', (test: Result) => (holds(test) ? passed++ : failed++));
    collect(file, details);
  });
  root.on('assert', (file: Result) => {
    if (!holds(file) && details.length === 0) details.push(...detailsOf(file));
    files.push({
      name: file.name.replace(/ # time=.*$/, ''),
      ok: holds(file),
      passed,
      failed: holds(file) ? failed : Math.max(1, failed),
      details,
    });
    [passed, failed, details] = [0, 0, []];
  });
  root.end(text);
  return files;
}

/** Failures at any depth, the innermost points only. */
function collect(parser: Parser, details: string[]): void {
  parser.on('child', (child: Parser) => collect(child, details));
  parser.on('assert', (point: Result) => {
    const hasInner = details.some((line) => line.startsWith(`not ok: ${point.fullname} > `));
    if (!holds(point) && !hasInner) details.push(...detailsOf(point));
  });
}

/** What a reader does not need: the line's source, and how the file was started. */
const OMITTED = ['source', 'stdio', 'cwd', 'externalID', 'command', 'args', 'jobId'];

function detailsOf({ fullname, name, diag }: Result): string[] {
  const fields = Object.entries((diag ?? {}) as Record<string, unknown>).filter(([key]) => !OMITTED.includes(key));
  const lines = fields.map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [
    `not ok: ${fullname || name}`,
    ...lines.flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    ),
  ];
}

function holds({ ok, todo, skip }: Result): boolean {
  return ok || todo !== false || skip !== false;
}
