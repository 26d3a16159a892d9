// SPDX-License-Identifier: GPL-2.0-only
import type { Observation, PointOutcome, PointResult } from '../model/interleave.ts';
import { outcomeKey } from '../model/race-map.ts';
import type { PathSpec } from './paths.ts';

/** What an observation is judged by. */
export interface Criteria {
  readonly success: PathSpec['success'];
  /** The operation that went on meanwhile, by name. */
  readonly contender: string;
}

/** What an observation supports, worst first. */
export function classify(seen: Observation, criteria: Criteria): PointOutcome {
  if (seen.splat !== null) return { kind: 'oops', signature: seen.splat.title, splat: seen.splat };
  switch (seen.end) {
    case 'splat':
      return { kind: 'inconclusive', reason: 'a splat began on the console and did not come whole' };
    case 'deadline':
      return { kind: 'hang', where: seen.stuckIn ?? 'an unknown function', backtraces: seen.backtraces };
    case 'done':
      return classifyEnded(seen, criteria);
  }
}

function classifyEnded(seen: Observation, { success, contender }: Criteria): PointOutcome {
  const wrong = wrongsOf(seen);
  if (wrong.length > 0) return { kind: 'corruption', what: wrong.join(', ') };
  if (seen.contenderErrno !== 0)
    return { kind: 'inconclusive', reason: `${contender} failed with errno ${seen.contenderErrno}` };
  if (seen.contenderTo !== null && !seen.contenderKept && seen.waitedIn === null) {
    return { kind: 'inconclusive', reason: `${contender} did not reach ${seen.contenderTo} during the hold` };
  }
  if (seen.waitedIn !== null) return { kind: 'waited', where: seen.waitedIn };
  if (!seen.contenderReturned && !seen.contenderKept)
    return { kind: 'inconclusive', reason: `the hold ended before ${contender} was called` };
  // A fault that read from the device counts as major; one that found its page mapped or gone from swap does not.
  if (success === 'major-fault' && seen.heldWhenOvertaken && seen.majorFaults === 0) return { kind: 'refused' };
  return { kind: 'ok' };
}

function wrongsOf({ wrongs, heldErrno }: Observation): string[] {
  return [...wrongs, ...(heldErrno === 0 ? [] : [`the operation failed with errno ${heldErrno}`])];
}

const SUCCESSES: readonly Criteria['success'][] = ['major-fault', 'value'];

/** Whether the outcome of an attempt is what was seen of it, for either measure of success. */
export function isOfSeen({ outcome, seen }: PointResult): boolean {
  if (seen === null) return outcome.kind === 'inconclusive';
  const observation: Observation = {
    ...seen,
    splat: outcome.kind === 'oops' ? outcome.splat : null,
    backtraces: outcome.kind === 'hang' ? outcome.backtraces : {},
  };
  return SUCCESSES.some((success) => {
    const again = classify(observation, { success, contender: '' });
    return again.kind === 'inconclusive' ? outcome.kind === again.kind : outcomeKey(again) === outcomeKey(outcome);
  });
}
