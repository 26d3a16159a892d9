// SPDX-License-Identifier: GPL-2.0-only
import type { PathPoint, PointOutcome } from '../../model/interleave.ts';
import type { SearchedGuestEnd, SearchRound } from '../../model/search.ts';
import { PATHS, type PathName } from '../paths.ts';

/** Rounds before a finding that may have led to it: a splat can come late. */
const ROUNDS_BACK = 3;

/** A place on a path where the finding may be had without luck. */
export interface Candidate {
  readonly path: PathName;
  readonly func: string;
  readonly offset: number;
  readonly swapoffTo: string | null;
}

/** What is known of a finding. */
export interface Found {
  /** Rounds of its guest. */
  readonly rounds: readonly SearchRound[];
  readonly end: SearchedGuestEnd;
  /** The system call's function: a thread that is in it is not held for itself. */
  readonly swapoff: string;
  /** Functions that the workload comes to. */
  readonly functions: readonly string[];
}

/** A path on which a finding may be had, and where on it that is likely. */
export interface LikelyPath {
  readonly path: PathName;
  readonly candidates: readonly Candidate[];
}

/** Paths likeliest first: those of the candidates, then all others that the workload is on. */
export function likelyPaths(found: Found): LikelyPath[] {
  const candidates = candidatesOf(found);
  const paths = new Set([...candidates.map(({ path }) => path), ...pathsThrough(found.functions)]);
  return [...paths].map((path) => ({ path, candidates: candidates.filter((candidate) => candidate.path === path) }));
}

/**
 * Placed schedules that a finding may come down to, likeliest first: the latest round, one hold before two; at last the
 * function that crashed, for a crash that came without any hold.
 */
export function candidatesOf({ rounds, end, swapoff, functions }: Found): Candidate[] {
  const held = rounds.filter((round) => round.held !== null && !round.chain.includes(swapoff));
  return [...held.slice(-ROUNDS_BACK).reverse().flatMap(candidatesOfRound), ...candidatesOfCrash(end, functions)];
}

function candidatesOfCrash(end: SearchedGuestEnd, functions: readonly string[]): Candidate[] {
  const func = end.kind === 'splat' ? / in (\w+)$/.exec(end.title)?.[1] : undefined;
  if (func === undefined) return [];
  return pathsThrough([func, ...functions]).map((path) => ({ path, func, offset: 0, swapoffTo: null }));
}

function candidatesOfRound({ held, chain, preemption, swapoff }: SearchRound): Candidate[] {
  if (held === null) return [];
  const { func, offset } = held;
  const seconds = swapoff === 'kept' ? [null, preemption.swapoffTo] : [null];
  return seconds.flatMap((swapoffTo) =>
    pathsThrough([func, ...chain]).map((path) => ({ path, func, offset, swapoffTo })),
  );
}

/** Paths that a thread is on whose call chain this is. */
function pathsThrough(chain: readonly string[]): PathName[] {
  return PATHS.filter(({ anchor }) => anchor.functions.some((func) => chain.includes(func))).map(({ name }) => name);
}

/** Where a path comes to a place: as often as that is. */
export function pointsAt(
  path: readonly PathPoint[],
  { func, offset }: Pick<Candidate, 'func' | 'offset'>,
): PathPoint[] {
  return path.filter((point) => point.func === func && point.offset === offset);
}

/** Whether an outcome is of the kind of the finding. */
export function isSameKind(outcome: PointOutcome, end: SearchedGuestEnd): boolean {
  switch (end.kind) {
    case 'splat':
      return outcome.kind === 'oops';
    case 'stalled':
      return outcome.kind === 'hang';
    case 'corruption':
      return outcome.kind === 'corruption';
    default:
      return false;
  }
}
