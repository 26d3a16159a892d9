// SPDX-License-Identifier: GPL-2.0-only
import type { Plot } from '../../../model/section.ts';
import type { ArmCauses, ArmPhases, LatencyAnalysis, PairAnalysis } from '../analysis/analyse.ts';
import type { ControlAnalysis } from '../analysis/arms-of-run.ts';
import { differs, isFound } from '../analysis/verdict.ts';
import { PRIMARY, type ExcessCauses } from '../boot/figures.ts';
import { PHASES, type Phase, type PhaseFigures } from '../boot/phases.ts';
import type { RaceWords } from '../spec.ts';
import { asked } from './answers.ts';
import { comparisonCells, endpointText, factor, phaseText, range, small, span, verdictCell } from './words.ts';

type Table = Extract<Plot, { kind: 'table' }>;

/** Every endpoint of a pair. */
export function pairTable({ arms: [a, b], endpoints }: PairAnalysis, words: RaceWords): Table {
  return {
    kind: 'table',
    title: `${b} against ${a}, per ${words.contender}: medians of boots, shift of Hodges and Lehmann with its interval`,
    head: ['', 'difference', 'medians', 'shift', 'p'],
    rows: asked(endpoints).map(({ endpoint, comparison, adjustedP, verdict }) => [
      `${endpointText(endpoint, words)}${endpoint === PRIMARY ? ' *' : ''}`,
      verdictCell(verdict),
      ...(comparison === null ? ['', '', ''] : [...comparisonCells(comparison), small(adjustedP)]),
    ]),
  };
}

/** Ratios of a pair, which no endpoint has. */
export function ratioNotes({ arms: [a, b], ratio, p99 }: PairAnalysis): string[] {
  const interval = p99?.interval ?? null;
  return [
    ...(ratio === null
      ? []
      : [`exceedances of ${b} for one of ${a}: ${factor(ratio.estimate)} ${span(ratio.interval, factor)}`]),
    ...(p99 === null
      ? []
      : [
          `p99 of all wake-ups within horizons, ${b} over ${a}: ${factor(p99.estimate)}${interval === null ? '' : ` ${span(interval, factor)}`}`,
        ]),
  ];
}

/** What the controls show. */
export function controlTable({ nullPair, positive, costs, alpha }: LatencyAnalysis, { contender }: RaceWords): Table {
  const row = (name: string, { comparison }: ControlAnalysis, said: (shown: boolean) => string): string[] =>
    comparison === null
      ? [name, '', '', 'not measured']
      : [name, ...comparisonCells(comparison), said(differs(comparison, alpha))];
  const stop = positive?.comparison ?? null;
  const found = stop !== null && isFound(stop, alpha);
  return {
    kind: 'table',
    title: `Controls, exceedances per ${contender}`,
    head: ['', 'medians', 'shift', ''],
    rows: [
      ...(nullPair === null
        ? []
        : [row('same kernel twice', nullPair, (shown) => (shown ? 'DIFFERS' : 'does not differ'))]),
      ...(positive === null ? [] : [row('stopped on purpose', positive, () => (found ? 'found' : 'NOT FOUND'))]),
      ...costs.map((cost) =>
        row(`${cost.arms[1]} against none`, cost, (shown) => (shown ? 'differs' : 'does not differ')),
      ),
    ],
  };
}

/** For each arm how long the phases last, and what of the excess came in them. */
export function phaseTable(arms: readonly ArmPhases[], { contender }: RaceWords): Table[] {
  const present = PHASES.filter((phase) => arms.some(({ boots }) => boots.flat().some((each) => each.phase === phase)));
  const cell = (boots: ArmPhases['boots'], phase: Phase, figure: Exclude<keyof PhaseFigures, 'phase'>): string => {
    const values = boots.flatMap((boot) => boot.filter((each) => each.phase === phase).map((each) => each[figure]));
    return values.length === 0 ? '' : range(values);
  };
  const rows = arms
    .filter(({ boots }) => boots.length > 0)
    .flatMap(({ arm, boots }) => [
      [arm, 'lasts', ...present.map((phase) => cell(boots, phase, 'lastsUs'))],
      ['', 'excess', ...present.map((phase) => cell(boots, phase, 'excessUs'))],
    ]);
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      title: `When the excess came: us per ${contender}, by when wake-ups were due; mean of boots, least to most`,
      head: ['', '', ...present.map((phase) => phaseText(phase, contender))],
      rows,
    },
  ];
}

/** What each arm's excess was spent waiting for. */
export function causeTable(arms: readonly ArmCauses[], { contender }: RaceWords): Table[] {
  const cell = (boots: readonly ExcessCauses[], cause: keyof ExcessCauses): string =>
    range(boots.map((boot) => boot[cause]));
  const rows = arms
    .filter(({ boots }) => boots.length > 0)
    .map(({ arm, boots }) => [arm, cell(boots, 'stoppedUs'), cell(boots, 'interruptUs'), cell(boots, 'threadUs')]);
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      title: `What the excess was spent waiting for: us per ${contender}; mean of boots, least to most`,
      head: ['', 'stopped machine', 'interrupt', 'thread'],
      rows,
    },
  ];
}
