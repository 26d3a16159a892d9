import type { PointOutcome, RaceMap } from '../model/interleave.ts';

export type OutcomeKind = PointOutcome['kind'];

/** Kinds of outcome at a point, gravest first, with what each says in a report. */
export const OUTCOME_MEANING: Readonly<Record<OutcomeKind, string>> = {
  oops: 'the kernel crashed',
  corruption: 'memory was not what was written',
  hang: 'no end',
  inconclusive: 'could not tell',
  waited: 'swapoff waited for the fault',
  refused: 'the fault noticed and backed off',
  ok: 'all went well',
};

export const OUTCOME_KINDS = Object.keys(OUTCOME_MEANING) as readonly OutcomeKind[];

/** An outcome with what it names: a signature, a function, a reason. */
export function outcomeText(outcome: PointOutcome): string {
  switch (outcome.kind) {
    case 'oops':
      return outcome.signature;
    case 'corruption':
      return `corruption: ${outcome.what}`;
    case 'hang':
      return `hang in ${outcome.where}`;
    case 'inconclusive':
      return `inconclusive: ${outcome.reason}`;
    case 'waited':
      return `swapoff waited in ${outcome.where}`;
    case 'refused':
      return 'entry refused';
    case 'ok':
      return 'ok';
  }
}

/** Explored points by their gravest outcome; kinds without a point are not there. Gravest first. */
export function pointCounts(map: RaceMap): Map<OutcomeKind, number> {
  const counts = new Map<OutcomeKind, number>();
  for (const kind of OUTCOME_KINDS) {
    const windows = map.windows.filter(({ outcomes }) => outcomes[0]?.kind === kind);
    const explored = windows.reduce((sum, window) => sum + window.explored, 0);
    if (explored > 0) counts.set(kind, explored);
  }
  return counts;
}

/** `14 of 838 points explored: 12 oops, 2 waited`: never without the points that exist. */
export function mapSentence(map: RaceMap): string {
  const counts = [...pointCounts(map)].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return `${map.exploredPoints} of ${map.pathPoints} points explored${counts === '' ? '' : `: ${counts}`}`;
}

/** True where the map holds what a fix must not let happen, or did not find out. */
export function isBad(kind: OutcomeKind): boolean {
  return kind === 'oops' || kind === 'corruption' || kind === 'hang' || kind === 'inconclusive';
}
