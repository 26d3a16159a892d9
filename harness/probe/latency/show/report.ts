// SPDX-License-Identifier: GPL-2.0-only
import type { HostSnapshot, LatencyRunRecord, LatencyThreshold } from '../../../model/latency.ts';
import { thresholdText } from '../../../model/latency-threshold.ts';
import type { AcrossRuns } from '../analysis/across.ts';
import type { ArmCauses, ArmPhases, ArmSummary, LatencyAnalysis, PairAnalysis } from '../analysis/analyse.ts';
import type { ControlAnalysis, JudgedEndpoint } from '../analysis/arms-of-run.ts';
import { answersOf, told } from './answers.ts';
import { ENDPOINTS, PRIMARY, type ExcessCauses } from '../boot/figures.ts';
import { hostNotes } from './host-caveats.ts';
import { PHASES, type Phase, type PhaseFigures } from '../boot/phases.ts';
import { differs, isFound } from '../analysis/verdict.ts';
import { comparisonCells, factor, ms, range, small, span, table, verdictText } from './wording.ts';

/** A latency run for a person: what was compared, what came of it, and what it does not mean. Pure. */
export function latencyReport(
  record: LatencyRunRecord,
  analysis: LatencyAnalysis,
  snapshots: readonly HostSnapshot[],
): string {
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
    answerSection(analysis.pairs),
    armSection(analysis.arms),
    ...analysis.pairs.map((pair) => pairSection(pair)),
    controlSection(analysis),
    phaseSection(analysis.phases ?? []),
    causeSection(analysis.causes ?? []),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function machineText(guest: LatencyRunRecord['plan']['guest'], accelerator: LatencyRunRecord['accelerator']): string {
  return guest === null
    ? 'the machine itself,'
    : `${accelerator?.accelerator ?? 'no accelerator'}, ${guest.vcpus} vCPUs on`;
}

function thresholdReason(threshold: LatencyThreshold, { thresholdFrom }: LatencyAnalysis): string {
  if (thresholdFrom === 'stopgap') return 'a stopgap: the control without swapoff has no usable boot';
  return `the plan says ${thresholdText(threshold)}${threshold.kind === 'quiet-percentile' ? ' of the control without swapoff' : ''}`;
}

/** Two stored runs against each other, for a person. Pure. */
export function acrossReport({ pairs, differences }: AcrossRuns): string {
  const warning =
    differences.length === 0
      ? []
      : ['WARNING: the runs differ in more than their kernels:', ...differences.map((each) => `  ${each}`)];
  return `${[warning, answerSection(pairs), ...pairs.map(pairSection)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function answerSection(pairs: readonly PairAnalysis[]): string[] {
  const rows = answersOf(pairs).map(({ question, pair, verdict, figures }) => [question, pair, verdict, figures]);
  return rows.length === 0 ? [] : ['answers:', ...table(rows)];
}

function armSection(arms: readonly ArmSummary[]): string[] {
  const width = Math.max(...arms.map(({ arm }) => arm.id.length));
  return arms.flatMap(({ arm, usable, unusable }) => {
    const lost = unusable.length === 0 ? '' : `, ${unusable.length} not used`;
    const refused = usable === 0 && unusable.length > 0 ? ': it is not compared' : '';
    const reasons = unusable.map(({ boot, cause, reason }) => `    ${boot}: ${cause}, ${firstLine(reason)}`);
    return [`  ${arm.id.padEnd(width)}  ${usable} boots${lost}${refused}`, ...reasons];
  });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function pairSection({ arms: [a, b], endpoints, ratio, p99 }: PairAnalysis): string[] {
  const rows = told(endpoints).map((judged) => endpointRow(judged));
  const extra = [
    ratio === null
      ? ''
      : `  exceedances of ${b} for one of ${a}: ${factor(ratio.estimate)} ${span(ratio.interval, factor)}`,
    p99 === null
      ? ''
      : `  p99 of all wake-ups within horizons, ${b} over ${a}: ${factor(p99.estimate)}${p99.interval === null ? '' : ` ${span(p99.interval, factor)}`}`,
  ];
  return [
    `${b} against ${a} (medians of boots, shift of Hodges and Lehmann with its interval):`,
    ...table(rows),
    ...extra.filter((line) => line !== ''),
  ];
}

function endpointRow({ endpoint, comparison, adjustedP, verdict }: JudgedEndpoint): string[] {
  const label = ENDPOINTS[endpoint].label + (endpoint === PRIMARY ? ' (primary)' : '');
  const figures = comparison === null ? ['', '', ''] : [...comparisonCells(comparison), `p ${small(adjustedP)}`];
  return [label, ...figures, verdictText(verdict, endpoint)];
}

function controlSection({ nullPair, positive, costs, alpha }: LatencyAnalysis): string[] {
  const row = (name: string, control: ControlAnalysis, said: string): string[] => {
    const { comparison } = control;
    return comparison === null ? [name, '', '', 'not measured'] : [name, ...comparisonCells(comparison), said];
  };
  const rows = [
    nullPair === null
      ? []
      : [
          row(
            'same kernel twice',
            nullPair,
            nullPair.comparison !== null && differs(nullPair.comparison, alpha) ? 'DIFFERS' : 'does not differ',
          ),
        ],
    positive === null
      ? []
      : [
          row(
            'stopped on purpose',
            positive,
            positive.comparison !== null && isFound(positive.comparison, alpha) ? 'found' : 'NOT FOUND',
          ),
        ],
    costs.map((cost) =>
      row(
        `${cost.arms[1]} against no swapoff`,
        cost,
        cost.comparison !== null && differs(cost.comparison, alpha) ? 'differs' : 'does not differ',
      ),
    ),
  ].flat();
  return ['controls (exceedances a swapoff):', ...table(rows)];
}

/** For each arm how long the phases last, and what of the excess came in them. */
function phaseSection(arms: readonly ArmPhases[]): string[] {
  const told = (Object.keys(PHASES) as Phase[]).filter((phase) =>
    arms.some(({ boots }) => boots.flat().some((each) => each.phase === phase)),
  );
  const cell = (boots: ArmPhases['boots'], phase: Phase, figure: Exclude<keyof PhaseFigures, 'phase'>): string => {
    const values = boots.flatMap((boot) => boot.filter((each) => each.phase === phase).map((each) => each[figure]));
    return values.length === 0 ? '' : range(values);
  };
  const rows = arms
    .filter(({ boots }) => boots.length > 0)
    .flatMap(({ arm, boots }) => [
      [arm, 'lasts', ...told.map((phase) => cell(boots, phase, 'lastsUs'))],
      ['', 'excess', ...told.map((phase) => cell(boots, phase, 'excessUs'))],
    ]);
  const head = ['', '', ...told.map((phase) => PHASES[phase])];
  return rows.length === 0
    ? []
    : [
        'when the excess came (us a swapoff, by when wake-ups were due; mean of boots, least to most):',
        ...table([head, ...rows]),
      ];
}

function causeSection(causes: readonly ArmCauses[]): string[] {
  const cell = (boots: readonly ExcessCauses[], cause: keyof ExcessCauses): string =>
    range(boots.map((boot) => boot[cause]));
  const rows = causes
    .filter(({ boots }) => boots.length > 0)
    .map(({ arm, boots }) => [arm, cell(boots, 'stoppedUs'), cell(boots, 'interruptUs'), cell(boots, 'threadUs')]);
  const head = ['', 'stopped machine', 'interrupt', 'thread'];
  return rows.length === 0
    ? []
    : [
        'what the excess was spent waiting for (us a swapoff; mean of boots, least to most):',
        ...table([head, ...rows]),
      ];
}
