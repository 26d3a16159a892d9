// SPDX-License-Identifier: GPL-2.0-only
import type { EndpointComparison } from '../analysis/compare.ts';
import { ENDPOINTS, type EndpointId } from '../boot/figures.ts';
import type { Interval } from '../../../stats/interval.ts';
import type { LatencyVerdict } from '../analysis/verdict.ts';

/** Counted, not measured: every digit tells. */
const EXACT: readonly EndpointId[] = ['instructions'];

/** A verdict in words, with the endpoint's unit. */
export function verdictText(verdict: LatencyVerdict, endpoint: EndpointId): string {
  switch (verdict.kind) {
    case 'better':
      return `${verdict.arm} better`;
    case 'no-difference-shown':
      return `no difference shown; more than ${amount(verdict.ruledOut, endpoint)} is ruled out`;
    case 'not-resolvable':
      return `not resolvable here: ${verdict.reason}`;
  }
}

/** Both sides' medians, and the shift with its interval. */
export function comparisonCells({ endpoint, medians, shift }: EndpointComparison): [medians: string, shift: string] {
  const interval = shift.interval === null ? 'no interval' : span(shift.interval, (value) => signed(value, endpoint));
  return [
    medians.map((median) => amount(median, endpoint)).join(' -> '),
    `${signed(shift.estimate, endpoint)} ${interval}`,
  ];
}

/** Indented lines of columns that stand below each other. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')}`.trimEnd(),
  );
}

export function span({ low, high }: Interval, format: (value: number) => string): string {
  return `(${format(low)}..${format(high)})`;
}

/** Mean of some figures with the least and the most of them. */
export function range(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${digits(mean)} (${digits(Math.min(...values))}..${digits(Math.max(...values))})`;
}

export function factor(value: number): string {
  return `${value.toPrecision(3)}x`;
}

export function small(p: number): string {
  return p < 0.001 ? p.toExponential(1) : p.toPrecision(2);
}

export function ms(us: number): string {
  return `${digits(us / 1000)} ms`;
}

function amount(value: number, endpoint: EndpointId): string {
  const { unit } = ENDPOINTS[endpoint];
  return `${EXACT.includes(endpoint) ? value : digits(value)}${unit === '' ? '' : ` ${unit}`}`;
}

function signed(value: number, endpoint: EndpointId): string {
  return `${value > 0 ? '+' : ''}${amount(value, endpoint)}`;
}

/** Three digits, never in powers of ten: figures are read beside each other. */
function digits(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
