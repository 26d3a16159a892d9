import type { HostSnapshot, LatencyRunRecord, LatencyThreshold } from '../model/latency.ts';
import type { AcrossRuns } from './across.ts';
import type { ArmSummary, ControlAnalysis, JudgedEndpoint, LatencyAnalysis, PairAnalysis } from './analyse.ts';
import { ENDPOINTS, PRIMARY, type EndpointId } from './figures.ts';
import { hostNotes } from './honesty.ts';
import type { Interval } from './stats/hodges-lehmann.ts';
import { thresholdText } from './threshold.ts';
import { differs, isFound, type LatencyVerdict } from './verdict.ts';

/** A latency run for a person: what was compared, what came of it, and what it does not mean. Pure. */
export function latencyReport(record: LatencyRunRecord, analysis: LatencyAnalysis, snapshots: readonly HostSnapshot[]): string {
  const { plan, accelerator, host, ended } = record;
  const { workload, guest } = plan;
  const sections = [
    [
      `latency: ${plan.describe}`,
      `  run ${record.id}; ${machineText(guest, accelerator)} ${host['cores']} cores, ${host['cpu']}`,
      `  ${workload.instrument}; ${workload.cycles} swapoffs a boot, one each ${ms(workload.periodUs)}; horizon ${ms(workload.horizonUs)} from a swapoff's entry; a wake-up each ${ms(workload.intervalUs)} on each CPU`,
      `  an exceedance is a wake-up later than ${ms(analysis.thresholdNs / 1000)} (${thresholdReason(plan.threshold, analysis)})`,
      `  ended: ${ended ?? 'not yet'}`,
    ],
    hostNotes(record, snapshots).map((note) => `  NOTE ${note}`),
    armSection(analysis.arms),
    ...analysis.pairs.map((pair) => pairSection(pair)),
    controlSection(analysis),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function machineText(guest: LatencyRunRecord['plan']['guest'], accelerator: LatencyRunRecord['accelerator']): string {
  return guest === null ? 'the machine itself,' : `${accelerator?.accelerator ?? 'no accelerator'}, ${guest.vcpus} vCPUs on`;
}

function thresholdReason(threshold: LatencyThreshold, { thresholdFrom }: LatencyAnalysis): string {
  return thresholdFrom === 'plan' ? `the plan says ${thresholdText(threshold)}` : 'a stopgap: the control without swapoff has no usable boot';
}

/** Two stored runs against each other, for a person. Pure. */
export function acrossReport({ pairs, differences }: AcrossRuns): string {
  const warning = differences.length === 0 ? [] : ['WARNING: the runs differ in more than their kernels:', ...differences.map((each) => `  ${each}`)];
  return `${[warning, ...pairs.map(pairSection)].filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
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

function armSection(arms: readonly ArmSummary[]): string[] {
  const width = Math.max(...arms.map(({ arm }) => arm.id.length));
  return arms.flatMap(({ arm, usable, unusable }) => {
    const lost = unusable.length === 0 ? '' : `, ${unusable.length} not used`;
    const reasons = unusable.map(({ boot, cause, reason }) => `    ${boot}: ${cause}, ${firstLine(reason)}`);
    return [`  ${arm.id.padEnd(width)}  ${usable} boots${lost}`, ...reasons];
  });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function pairSection({ arms: [a, b], endpoints, ratio, p99 }: PairAnalysis): string[] {
  const rows = endpoints.map((judged) => [...endpointCells(judged), verdictText(judged.verdict, judged.endpoint)]);
  const extra = [
    ratio === null ? '' : `  exceedances of ${b} for one of ${a}: ${factor(ratio.estimate)} ${span(ratio.interval, factor)}`,
    p99 === null ? '' : `  p99 of all wake-ups within horizons, ${b} over ${a}: ${factor(p99.estimate)}${p99.interval === null ? '' : ` ${span(p99.interval, factor)}`}`,
  ];
  return [`${b} against ${a} (medians of boots, shift of Hodges and Lehmann with its interval):`, ...table(rows), ...extra.filter((line) => line !== '')];
}

function endpointCells({ endpoint, comparison, adjustedP }: JudgedEndpoint): string[] {
  const label = ENDPOINTS[endpoint].label + (endpoint === PRIMARY ? ' (primary)' : '');
  if (comparison === null) return [label, '', '', ''];
  const { medians, shift } = comparison;
  const interval = shift.interval === null ? 'no interval' : span(shift.interval, (value) => signed(value, endpoint));
  return [
    label,
    medians.map((median) => amount(median, endpoint)).join(' -> '),
    `${signed(shift.estimate, endpoint)} ${interval}`,
    `p ${small(adjustedP)}`,
  ];
}

function controlSection({ nullPair, positive, costs, alpha }: LatencyAnalysis): string[] {
  const row = (name: string, control: ControlAnalysis, said: string): string[] => {
    const { comparison } = control;
    if (comparison === null) return [name, '', '', 'not measured'];
    const interval = comparison.shift.interval === null ? 'no interval' : span(comparison.shift.interval, (value) => signed(value, PRIMARY));
    return [name, comparison.medians.map((median) => amount(median, PRIMARY)).join(' -> '), `${signed(comparison.shift.estimate, PRIMARY)} ${interval}`, said];
  };
  const rows = [
    nullPair === null ? [] : [row('same kernel twice', nullPair, nullPair.comparison !== null && differs(nullPair.comparison, alpha) ? 'DIFFERS' : 'does not differ')],
    positive === null ? [] : [row('stopped on purpose', positive, positive.comparison !== null && isFound(positive.comparison, alpha) ? 'found' : 'NOT FOUND')],
    costs.map((cost) => row(`${cost.arms[1]} against no swapoff`, cost, cost.comparison !== null && differs(cost.comparison, alpha) ? 'differs' : 'does not differ')),
  ].flat();
  return ['controls (exceedances a swapoff):', ...table(rows)];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')}`.trimEnd());
}

function span({ low, high }: Interval, format: (value: number) => string): string {
  return `(${format(low)}..${format(high)})`;
}

function amount(value: number, endpoint: EndpointId): string {
  const { unit } = ENDPOINTS[endpoint];
  return `${digits(value)}${unit === '' ? '' : ` ${unit}`}`;
}

function signed(value: number, endpoint: EndpointId): string {
  return `${value > 0 ? '+' : ''}${amount(value, endpoint)}`;
}

function factor(value: number): string {
  return `${value.toPrecision(3)}x`;
}

/** Three digits, never in powers of ten: figures are read beside each other. */
function digits(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

function small(p: number): string {
  return p < 0.001 ? p.toExponential(1) : p.toPrecision(2);
}

function ms(us: number): string {
  return `${digits(us / 1000)} ms`;
}
