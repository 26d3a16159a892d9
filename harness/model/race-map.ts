// SPDX-License-Identifier: GPL-2.0-only
import type { PathPoint, PointOutcome } from './interleave.ts';

/** Worst first. */
export const OUTCOME_KINDS = [
  'oops',
  'corruption',
  'hang',
  'inconclusive',
  'waited',
  'refused',
  'ok',
] as const satisfies readonly PointOutcome['kind'][];

/** `func+0x12#3`: a point as people write it; `#1` and `+0x0` may be left out. */
export function pointName({ func, offset, occurrence }: Pick<PathPoint, 'func' | 'offset' | 'occurrence'>): string {
  return `${func}${offset === 0 ? '' : `+0x${offset.toString(16)}`}${occurrence === 1 ? '' : `#${occurrence}`}`;
}

/** An outcome as far as its key asks: whatever is kept of its splat. */
type KeyedOutcome = Exclude<PointOutcome, { kind: 'oops' }> | { readonly kind: 'oops'; readonly signature: string };

/** What distinguishes two outcomes, but for their splats. */
export function outcomeKey(outcome: KeyedOutcome): string {
  switch (outcome.kind) {
    case 'oops':
      return `oops: ${outcome.signature}`;
    case 'corruption':
      return `corruption: ${outcome.what}`;
    case 'hang':
      return `hang in ${outcome.where}`;
    case 'waited':
      return `waited in ${outcome.where}`;
    case 'refused':
      return 'entry refused';
    case 'ok':
      return 'ok';
    case 'inconclusive':
      return `inconclusive: ${outcome.reason}`;
  }
}

/** Distinct outcomes by their keys, worst first. */
export function distinctOutcomes<T extends KeyedOutcome>(outcomes: readonly T[]): T[] {
  const rank = ({ kind }: T): number => OUTCOME_KINDS.indexOf(kind);
  const distinct = new Map(outcomes.map((outcome) => [outcomeKey(outcome), outcome]));
  return [...distinct]
    .sort(([keyA, a], [keyB, b]) => rank(a) - rank(b) || (keyA < keyB ? -1 : 1))
    .map(([, outcome]) => outcome);
}
