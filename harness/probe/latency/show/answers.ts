// SPDX-License-Identifier: GPL-2.0-only
import type { PairAnalysis } from '../analysis/analyse.ts';
import type { JudgedEndpoint } from '../analysis/arms-of-run.ts';
import { OPTIONAL, type EndpointId } from '../boot/figures.ts';
import { comparisonCells, small, verdictText } from './wording.ts';

/** What a comparison is asked, in the order of the answers: the latency, and its price. */
const QUESTIONS = [
  { question: 'real-time threads while somebody swaps off', endpoint: 'exceedances' },
  { question: 'what of it is a stopped machine', endpoint: 'stopped' },
  { question: 'how long swapoff takes', endpoint: 'swapoff' },
  { question: 'swap-in while nobody swaps off', endpoint: 'throughput' },
  { question: 'what a fault executes for the fix', endpoint: 'instructions' },
] as const satisfies readonly { question: string; endpoint: EndpointId }[];

/** One question about one pair, answered by one endpoint. All of it is text for people. */
export interface Answer {
  readonly question: string;
  readonly pair: string;
  readonly verdict: string;
  /** Empty where no boot tells it. */
  readonly figures: string;
}

/** Endpoints but for those that nobody asked for. */
export function told(endpoints: readonly JudgedEndpoint[]): JudgedEndpoint[] {
  return endpoints.filter(({ endpoint, comparison }) => comparison !== null || !OPTIONAL.includes(endpoint));
}

/** What comes first in a report. Pure. */
export function answersOf(pairs: readonly PairAnalysis[]): Answer[] {
  return pairs.flatMap(({ arms: [a, b], endpoints }) =>
    QUESTIONS.flatMap(({ question, endpoint }) =>
      told(endpoints)
        .filter((judged) => judged.endpoint === endpoint)
        .map(({ comparison, adjustedP, verdict }): Answer => ({
          question,
          pair: `${a} -> ${b}`,
          verdict: verdictText(verdict, endpoint),
          figures: comparison === null ? '' : `${comparisonCells(comparison).join(', ')}, p ${small(adjustedP)}`,
        })),
    ),
  );
}
