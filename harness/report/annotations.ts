// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import type { Splat } from '../model/splat.ts';
import type { ShownRun } from '../model/shown.ts';
import { oneLine } from './plain.ts';
import { findingsOf } from './findings.ts';
import { suitesOf } from './suites.ts';

/** Something that a code host shows at a line of source. */
interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  /** Relative to the kernel's tree, or the plan. */
  readonly file: string;
  readonly line: number;
}

/**
 * Workflow commands for GitHub, a line each: what was missed is an error, what is inconclusive a warning, and each
 * bug that was seen a notice at its line of the kernel's source.
 */
export function reportGithub(run: ShownRun): string {
  return annotationsOf(run)
    .map(({ level, title, message, file, line }) => {
      const properties = Object.entries({ file, line: String(line), title }).map(
        ([name, value]) => `${name}=${property(value)}`,
      );
      return `::${level} ${properties.join(',')}::${data(message)}\n`;
    })
    .join('');
}

/** GitLab's code quality report: the same, as JSON for `artifacts:reports:codequality`. */
export function reportGitlab(run: ShownRun): string {
  const issues = annotationsOf(run).map(({ level, title, message, file, line }) => ({
    description: message === '' ? title : `${title}: ${message}`,
    check_name: 'swaprace',
    fingerprint: createHash('sha256')
      .update([level, title, file, String(line)].join('\0'))
      .digest('hex'),
    severity: SEVERITY[level],
    location: { path: file, lines: { begin: line } },
  }));
  return `${JSON.stringify(issues, null, 2)}\n`;
}

const SEVERITY = { error: 'major', warning: 'minor', notice: 'info' } as const;

function annotationsOf(run: ShownRun): Annotation[] {
  const plan = { file: run.header.planFile, line: 1 };
  const points = suitesOf(run).flatMap(({ id, points }) =>
    points.flatMap(({ id: point, status, message }): Annotation[] => {
      if (status !== 'fail' && status !== 'error') return [];
      return [{ level: status === 'fail' ? 'error' : 'warning', title: `${id}/${point}`, message, ...plan }];
    }),
  );
  const findings = findingsOf(run).map(({ title, target, seen, splat }): Annotation => ({
    level: 'notice',
    title: oneLine(title),
    message: `${target ? 'the expected bug' : 'not the expected bug'}: ${seen.map(({ where, count }) => `${count} of ${where}`).join(', ')}`,
    ...(placeOf(splat) ?? plan),
  }));
  return [...points, ...findings];
}

/** Where a splat happened: its blamed function's frame, else its innermost, as far as symbols are known. */
function placeOf(splat: Splat | null): { readonly file: string; readonly line: number } | null {
  const frames = splat?.frames.filter((frame) => frame.location !== null && (frame.reliable || frame.isIp)) ?? [];
  const frame = frames.find(({ func }) => func === splat?.guilty) ?? frames[0];
  const [, file, line] = /^(.+):(\d+)$/.exec(frame?.location ?? '') ?? [];
  return file === undefined || line === undefined ? null : { file, line: Number(line) };
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
