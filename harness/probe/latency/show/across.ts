// SPDX-License-Identifier: GPL-2.0-only
import type { Section } from '../../../model/section.ts';
import type { AcrossRuns } from '../analysis/across.ts';
import { primaryOf, type PairAnalysis } from '../analysis/analyse.ts';
import type { RaceWords } from '../spec.ts';
import { answersOf } from './answers.ts';
import { pairTable, ratioNotes } from './tables.ts';
import { verdictText } from './words.ts';

/** Two stored runs against each other, for a person. */
export function acrossSection({ pairs, differences }: AcrossRuns, words: RaceWords): Section {
  return {
    ...{ id: 'compare', title: 'The second run against the first', blind: null },
    rows: pairs.map((pair) => {
      const { verdict, endpoint } = primaryOf(pair);
      const said = [verdictText(verdict, endpoint)];
      return {
        variant: pair.arms[1],
        outcome: verdict.kind === 'not-resolvable' ? 'inconclusive' : 'measured',
        ...{ cells: said, narrow: said, remarks: answerLines(pair, words) },
      };
    }),
    legend: [],
    notes:
      differences.length === 0
        ? []
        : ['WARNING: the runs differ in more than their kernels:', ...differences.map((each) => `  ${each}`)],
    ...{ prose: [], findings: [], points: [] },
    plots: pairs.map((pair) => pairTable(pair, words)),
  };
}

/** What is asked of a pair with its answers, and its ratios. */
export function answerLines(pair: PairAnalysis, words: RaceWords): string[] {
  return [
    ...answersOf(pair, words).map(({ question, pair: arms, verdict, figures }) =>
      [`${question}, ${arms}: ${verdict}`, figures].filter((text) => text !== '').join('; '),
    ),
    ...ratioNotes(pair),
  ];
}
