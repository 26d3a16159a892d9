// SPDX-License-Identifier: GPL-2.0-only
import type { HoldKind, PathPoint, PointOutcome, RaceMap, RaceWindow } from './interleave.ts';

/** Gravest first. */
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

/** What tells two outcomes apart, but for their splats. */
export function outcomeKey(
  outcome: Exclude<PointOutcome, { kind: 'oops' }> | { readonly kind: 'oops'; readonly signature: string },
): string {
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

/** Why a wait during a stall says nothing of what protects the thread. */
export const FROZEN_WAIT = 'the contender waits for a frozen CPU wherever on it the thread is; hold by preempt';

/** Whether the contender waited perhaps for no more than the hold's own frozen CPU. */
export function isFrozenWait({ kind }: PointOutcome, hold: HoldKind): boolean {
  return kind === 'waited' && hold === 'stall';
}

/** Points of a map by their gravest outcome. */
export function countOutcomes(map: RaceMap): Readonly<Record<PointOutcome['kind'], number>> {
  const counts = Object.fromEntries(OUTCOME_KINDS.map((kind) => [kind, 0])) as Record<PointOutcome['kind'], number>;
  for (const { outcomes, explored } of map.windows) {
    const gravest = outcomes[0];
    if (gravest !== undefined) counts[gravest.kind] += explored;
  }
  return counts;
}

/** Points at which repeats came to different outcomes. */
export function disagreeing(map: RaceMap): number {
  return map.windows.filter(({ outcomes }) => outcomes.length > 1).reduce((total, { explored }) => total + explored, 0);
}

/** Points that a window stands for, by index: where points were merged, those up to the next window as well. */
export interface WindowReach {
  readonly window: RaceWindow;
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

export function reachOfWindows({ windows, merged, pathPoints }: RaceMap): WindowReach[] {
  return windows.map((window, at) => {
    const next = windows[at + 1]?.first.index ?? pathPoints;
    return { window, from: window.first.index, to: merged === null ? window.last.index : next - 1 };
  });
}
