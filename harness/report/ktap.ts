// SPDX-License-Identifier: GPL-2.0-only
import { oneLine } from './plain.ts';
import type { Point, Suite } from './suites.ts';

/**
 * A run in KTAP version 1, as Documentation/dev-tools/ktap.rst has it: a version line in every subtest, two spaces a
 * level, no `#` in descriptions. What is inconclusive is `not ok … # ERROR`, a known finding `ok … # XFAIL`.
 */
export function reportKtap(suites: readonly Suite[]): string {
  return [
    'KTAP version 1',
    `1..${suites.length}`,
    ...suites.flatMap((suite, index) => suiteLines(suite, index + 1)),
    '',
  ].join('\n');
}

function suiteLines({ id, points }: Suite, number: number): string[] {
  const inner = [
    'KTAP version 1',
    `1..${points.length}`,
    ...points.flatMap((point, index) => pointLines(point, index + 1)),
  ];
  const ok = points.every(({ status }) => status === 'pass' || status === 'known');
  return [...inner.map((line) => `  ${line}`), `${ok ? 'ok' : 'not ok'} ${number} ${name(id)}`];
}

function pointLines(point: Point, number: number): string[] {
  return [...diagnostics(point).map((line) => `# ${line}`), resultLine(point, number)];
}

function diagnostics({ id, details, splat }: Point): string[] {
  const said =
    splat === null
      ? []
      : splat
          .split('\n')
          .map(oneLine)
          .filter((line) => line !== '');
  return [...details, ...said].map((line) => `${name(id)}: ${line}`);
}

function resultLine({ id, status, message }: Point, number: number): string {
  switch (status) {
    case 'pass':
      return `ok ${number} ${name(id)}`;
    case 'known':
      return `ok ${number} ${name(id)} # XFAIL ${message}`;
    case 'fail':
      return `not ok ${number} ${name(id)} # ${message}`;
    case 'error':
      return `not ok ${number} ${name(id)} # ERROR ${message}`;
  }
}

function name(id: string): string {
  return oneLine(id).replaceAll('#', '.');
}
