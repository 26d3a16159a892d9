// SPDX-License-Identifier: GPL-2.0-only
import type { Interval } from '../../../stats/interval.ts';
import type { EndpointComparison } from '../analysis/compare.ts';
import type { LatencyVerdict } from '../analysis/verdict.ts';
import { ENDPOINTS, type EndpointId } from '../boot/figures.ts';
import type { Phase } from '../boot/phases.ts';
import type { RaceWords } from '../spec.ts';

/** Counted, not measured: every digit counts. */
const EXACT: readonly EndpointId[] = ['instructions'];

/** What an endpoint is, in a few words; the first three are per call of the contender. */
export function endpointText(endpoint: EndpointId, { contender, operation }: RaceWords): string {
  switch (endpoint) {
    case 'exceedances':
      return 'exceedances';
    case 'excess':
      return 'excess latency';
    case 'worst':
      return 'worst wake-up';
    case 'p99':
      return 'p99 within the horizon';
    case 'contender':
      return `${contender} itself`;
    case 'stopped':
      return 'excess in a stopped machine';
    case 'throughput':
      return `${operation}s, no ${contender}`;
    case 'instructions':
      return `instructions of one ${operation}`;
  }
}

/** A part of a horizon. */
export function phaseText(phase: Phase, contender: string): string {
  switch (phase) {
    case 'before':
      return 'before its wait';
    case 'wait':
      return 'its wait for readers';
    case 'after':
      return 'after its wait';
    case 'contender':
      return contender;
    case 'returned':
      return 'after its return';
  }
}

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

/** The same for a column of a table. */
export function verdictCell(verdict: LatencyVerdict): string {
  switch (verdict.kind) {
    case 'better':
      return `${verdict.arm} better`;
    case 'no-difference-shown':
      return 'none shown';
    case 'not-resolvable':
      return 'not resolvable';
  }
}

/** Both sides' medians, and the shift with its interval. */
export function comparisonCells({ endpoint, medians, shift }: EndpointComparison): [medians: string, shift: string] {
  const interval = shift.interval === null ? 'no interval' : span(shift.interval, (value) => signed(value, endpoint));
  return [
    `${number(medians[0], endpoint)} -> ${amount(medians[1], endpoint)}`,
    `${signed(shift.estimate, endpoint)} ${interval}`,
  ];
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

export function amount(value: number, endpoint: EndpointId): string {
  const { unit } = ENDPOINTS[endpoint];
  return `${number(value, endpoint)}${unit === '' ? '' : ` ${unit}`}`;
}

/** Without its unit, which stands before it. */
function signed(value: number, endpoint: EndpointId): string {
  return `${value > 0 ? '+' : ''}${number(value, endpoint)}`;
}

function number(value: number, endpoint: EndpointId): string {
  return EXACT.includes(endpoint) ? String(value) : digits(value);
}

/** Three digits, never in powers of ten: figures are read next to each other. */
function digits(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
