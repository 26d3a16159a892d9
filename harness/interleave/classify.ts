// SPDX-License-Identifier: GPL-2.0-only
import type { Observation, PointOutcome } from '../model/interleave.ts';
import type { PathSpec } from './paths.ts';

/** What an observation supports, gravest first. */
export function classify(seen: Observation, tells: PathSpec['tells']): PointOutcome {
  if (seen.splat !== null) return { kind: 'oops', signature: seen.splat };
  switch (seen.end) {
    case 'splat':
      return { kind: 'inconclusive', reason: 'a splat began on the console and did not come whole' };
    case 'deadline':
      return { kind: 'hang', where: seen.stuckIn ?? 'an unknown function', backtraces: seen.backtraces };
    case 'done':
      return classifyEnded(seen, tells);
  }
}

function classifyEnded(seen: Observation, tells: PathSpec['tells']): PointOutcome {
  const wrong = wrongsOf(seen);
  if (wrong.length > 0) return { kind: 'corruption', what: wrong.join(', ') };
  if (seen.swapoffErrno !== 0)
    return { kind: 'inconclusive', reason: `swapoff failed with errno ${seen.swapoffErrno}` };
  if (seen.swapoffTo !== null && !seen.swapoffKept && seen.waitedIn === null) {
    return { kind: 'inconclusive', reason: `swapoff did not come to ${seen.swapoffTo} during the hold` };
  }
  if (seen.waitedIn !== null) return { kind: 'waited', where: seen.waitedIn };
  if (!seen.swapoffReturned && !seen.swapoffKept)
    return { kind: 'inconclusive', reason: 'the hold ended before swapoff was called' };
  if (seen.swaponErrno !== 0) return { kind: 'inconclusive', reason: `swapon failed with errno ${seen.swaponErrno}` };
  // A fault that read from the device counts as major; one that found its page mapped or gone from swap does not.
  if (tells === 'fault' && seen.heldWhenOvertaken && seen.majorFaults === 0) return { kind: 'refused' };
  return { kind: 'ok' };
}

function wrongsOf(seen: Observation): string[] {
  return [
    ...(seen.badPages > 0 ? [`${seen.badPages} wrong pages`] : []),
    ...(seen.childBadPages > 0 ? [`${seen.childBadPages} wrong pages of another process`] : []),
    ...(seen.heldErrno === 0 ? [] : [`the operation failed with errno ${seen.heldErrno}`]),
    ...(seen.swapoffErrno === 0 && seen.swapAreasLeft !== seen.swapAreasMeant
      ? [`${seen.swapAreasLeft} swap areas left`]
      : []),
    ...(seen.swapoffErrno === 0 && seen.swapUsedKiB !== 0 ? [`${seen.swapUsedKiB} KiB of swap in use`] : []),
  ];
}
