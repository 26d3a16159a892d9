// SPDX-License-Identifier: GPL-2.0-only
import type { PairAnalysis } from '../analysis/analyse.ts';
import type { JudgedEndpoint } from '../analysis/arms-of-run.ts';
import { OPTIONAL, type EndpointId } from '../boot/figures.ts';
import type { RaceWords } from '../spec.ts';
import { comparisonCells, small, verdictText } from './words.ts';

/** What a comparison is asked, in the order of the answers: the latency, and its price. */
const QUESTIONS = [
  { endpoint: 'exceedances', ask: ({ contender }: RaceWords) => `real-time threads during ${contender}` },
  { endpoint: 'stopped', ask: () => 'what of it is a stopped machine' },
  { endpoint: 'contender', ask: ({ contender }: RaceWords) => `how long ${contender} takes` },
  { endpoint: 'throughput', ask: ({ operation, contender }: RaceWords) => `${operation} without ${contender}` },
  { endpoint: 'instructions', ask: ({ operation }: RaceWords) => `what one ${operation} executes for the fix` },
] as const satisfies readonly { endpoint: EndpointId; ask: (words: RaceWords) => string }[];

/** One question about one pair, answered by one endpoint. All of it is text for people. */
export interface Answer {
  readonly question: string;
  readonly pair: string;
  readonly verdict: string;
  /** Empty where no boot has it. */
  readonly figures: string;
}

/** Endpoints but for those that nobody asked for. */
export function asked(endpoints: readonly JudgedEndpoint[]): JudgedEndpoint[] {
  return endpoints.filter(({ endpoint, comparison }) => comparison !== null || !OPTIONAL.includes(endpoint));
}

/** What comes first in a report. Pure. */
export function answersOf({ arms: [a, b], endpoints }: PairAnalysis, words: RaceWords): Answer[] {
  return QUESTIONS.flatMap(({ ask, endpoint }) =>
    asked(endpoints)
      .filter((judged) => judged.endpoint === endpoint)
      .map(({ comparison, adjustedP, verdict }): Answer => ({
        question: ask(words),
        pair: `${a} -> ${b}`,
        verdict: verdictText(verdict, endpoint),
        figures: comparison === null ? '' : `${comparisonCells(comparison).join(', ')}, p ${small(adjustedP)}`,
      })),
  );
}
