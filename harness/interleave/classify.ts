import type { Observation, PointOutcome } from '../model/interleave.ts';

/** What an observation supports, gravest first. */
export function classify(seen: Observation): PointOutcome {
  if (seen.splat !== null) return { kind: 'oops', signature: seen.splat };
  switch (seen.end) {
    case 'splat':
      return { kind: 'inconclusive', reason: 'a splat began on the console and did not come whole' };
    case 'deadline':
      return { kind: 'hang', where: seen.stuckIn ?? 'an unknown function', backtraces: seen.backtraces };
    case 'done':
      return classifyEnded(seen);
  }
}

function classifyEnded(seen: Observation): PointOutcome {
  const wrong = wrongsOf(seen);
  if (wrong.length > 0) return { kind: 'corruption', what: wrong.join(', ') };
  if (seen.swapoffErrno !== 0) return { kind: 'inconclusive', reason: `swapoff failed with errno ${seen.swapoffErrno}` };
  if (seen.waitedIn !== null) return { kind: 'waited', where: seen.waitedIn };
  if (!seen.swapoffReturned) return { kind: 'inconclusive', reason: 'the hold ended before swapoff was called' };
  // A fault that read from the device counts as major; one that found its page mapped or gone from swap does not.
  if (seen.heldWhenSwapoffReturned && seen.majorFaults === 0) return { kind: 'refused' };
  return { kind: 'ok' };
}

function wrongsOf(seen: Observation): string[] {
  return [
    ...(seen.badPages > 0 ? [`${seen.badPages} wrong pages`] : []),
    ...(seen.childBadPages > 0 ? [`${seen.childBadPages} wrong pages of another process`] : []),
    ...(seen.swapoffErrno === 0 && seen.swapAreasLeft > 0 ? [`${seen.swapAreasLeft} swap areas left`] : []),
  ];
}
