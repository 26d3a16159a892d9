// SPDX-License-Identifier: GPL-2.0-only
import { oneLine } from './plain.ts';
import type { Point, Suite } from './suites.ts';

/** A run in TAP version 14: a subtest for each probe, YAML diagnostics; a known finding is `not ok … # TODO`. */
export function reportTap(suites: readonly Suite[]): string {
  return [
    'TAP version 14',
    `1..${suites.length}`,
    ...suites.flatMap((suite, index) => suiteLines(suite, index + 1)),
    '',
  ].join('\n');
}

function suiteLines({ id, points }: Suite, number: number): string[] {
  const ok = points.every(({ status }) => status === 'pass' || status === 'known');
  return [
    `# Subtest: ${escape(id)}`,
    ...[`1..${points.length}`, ...points.flatMap((point, index) => pointLines(point, index + 1))].map(
      (line) => `    ${line}`,
    ),
    `${ok ? 'ok' : 'not ok'} ${number} - ${escape(id)}`,
  ];
}

function pointLines(point: Point, number: number): string[] {
  return [resultLine(point, number), ...diagnostics(point).map((line) => `  ${line}`)];
}

function resultLine({ id, status, message }: Point, number: number): string {
  switch (status) {
    case 'pass':
      return `ok ${number} - ${escape(id)}`;
    case 'known':
      return `not ok ${number} - ${escape(id)} # TODO ${escape(message)}`;
    case 'fail':
    case 'error':
      return `not ok ${number} - ${escape(id)}`;
  }
}

/** YAML whose values are written as JSON, which is YAML: nothing in a console can break out of it. */
function diagnostics({ status, message, details, splat }: Point): string[] {
  return [
    '---',
    `severity: ${status}`,
    ...(message === '' ? [] : [`message: ${JSON.stringify(message)}`]),
    'details:',
    ...details.map((line) => `  - ${JSON.stringify(line)}`),
    ...(splat === null ? [] : [`splat: ${JSON.stringify(splat)}`]),
    '...',
  ];
}

/** In descriptions `#` would begin a directive. */
function escape(text: string): string {
  return oneLine(text).replaceAll(/[\\#]/g, '\\$&');
}
