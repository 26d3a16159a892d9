// SPDX-License-Identifier: GPL-2.0-only
import type { PointOutcome } from '../../model/interleave.ts';
import { distinctOutcomes, OUTCOME_KINDS, outcomeKey } from '../../model/race-map.ts';
import type { StepOutcome } from '../../model/outcome.ts';
import type { Splat } from '../../model/splat.ts';
import { classify } from '../../model/signature.ts';
import type { FoundOutcome } from './finding.ts';
import type { ProbedRace } from '../keys.ts';
import type { PlaceSpec } from './spec.ts';

export { distinctOutcomes, OUTCOME_KINDS, outcomeKey };
export type OutcomeKind = PointOutcome['kind'];

/** Why a wait during a stall says nothing of what protects the thread. */
export function frozenWait({ contender }: Pick<ProbedRace['words'], 'contender'>): string {
  return `${contender} waits for a frozen CPU wherever on it the thread is; hold by preempt`;
}

/** Whether the contender waited perhaps for no more than the hold's own frozen CPU. */
export function isFrozenWait({ kind }: Pick<FoundOutcome, 'kind'>, hold: PlaceSpec['hold']): boolean {
  return kind === 'waited' && hold === 'stall';
}

/** What an outcome at an instant is to the plan: the target is the race's, by its signature. */
export function verdictOf(
  outcome: FoundOutcome,
  splats: readonly Splat[],
  { hold, race }: Pick<PlaceSpec, 'hold' | 'race'>,
): StepOutcome {
  if (isFrozenWait(outcome, hold)) return 'inconclusive';
  const shows = (oracle: ProbedRace['oracle'][number]): boolean => race.oracle.includes(oracle);
  switch (outcome.kind) {
    case 'oops':
      return verdictOfSplat(outcome.splat === null ? undefined : splats[outcome.splat], race);
    case 'corruption':
      return shows('contents') || shows('value') ? 'target' : 'other-bug';
    case 'hang':
      return shows('progress') ? 'target' : 'hang';
    case 'inconclusive':
      return 'inconclusive';
    case 'waited':
    case 'refused':
    case 'ok':
      return 'ok';
  }
}

/** A splat that is too damaged to judge is a finding all the same. */
function verdictOfSplat(splat: Splat | undefined, { oracle, target }: ProbedRace): StepOutcome {
  const kind = splat === undefined ? 'unreadable' : classify(splat, target);
  switch (kind) {
    case 'target':
      return oracle.includes('splat') ? 'target' : 'other-bug';
    case 'hang':
      return 'hang';
    case 'unreadable':
    case 'other':
      return 'other-bug';
  }
}
