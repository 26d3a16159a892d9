// SPDX-License-Identifier: GPL-2.0-only
import type { PathPoint, PointOutcome } from '../../model/interleave.ts';
import type { SearchFound, SearchRound } from '../../model/search.ts';
import { heldNames, heldOperation } from '../../race/operations.ts';
import type { RaceFolder } from '../../race/read.ts';

/** Rounds before a finding that may have led to it: a splat can come late. */
const ROUNDS_BACK = 3;

/** A place on a path at which the finding may come deterministically. */
export interface Candidate {
  readonly path: string;
  readonly func: string;
  readonly offset: number;
  readonly contenderTo: string | null;
}

/** What is known of a finding. */
export interface Found {
  /** Rounds of its guest. */
  readonly rounds: readonly SearchRound[];
  readonly found: SearchFound;
  readonly race: RaceFolder;
  /** The contender's function: a thread that is in it is not held for itself. */
  readonly contender: string;
  /** Functions that the workload reaches. */
  readonly functions: readonly string[];
}

/** A path on which a finding may be had, and where on it that is likely. */
export interface LikelyPath {
  readonly path: string;
  readonly candidates: readonly Candidate[];
}

/** Paths likeliest first: those of the candidates, then all others that the workload is on. */
export function likelyPaths(found: Found): LikelyPath[] {
  const candidates = candidatesOf(found);
  const paths = new Set([...candidates.map(({ path }) => path), ...pathsThrough(found.race, found.functions)]);
  return [...paths].map((path) => ({ path, candidates: candidates.filter((candidate) => candidate.path === path) }));
}

/**
 * Placed schedules that a finding may come down to, likeliest first: the latest round, one hold before two; at last the
 * function that crashed, for a crash that came without any hold.
 */
export function candidatesOf({ race, rounds, found, contender, functions }: Found): Candidate[] {
  const held = rounds.filter((round) => round.held !== null && !round.chain.includes(contender));
  return [
    ...held
      .slice(-ROUNDS_BACK)
      .reverse()
      .flatMap((round) => candidatesOfRound(race, round)),
    ...candidatesOfCrash(race, found, functions),
  ];
}

function candidatesOfCrash(race: RaceFolder, found: SearchFound, functions: readonly string[]): Candidate[] {
  const func = found.kind === 'splat' ? / in (\w+)$/.exec(found.title)?.[1] : undefined;
  if (func === undefined) return [];
  return pathsThrough(race, [func, ...functions]).map((path) => ({ path, func, offset: 0, contenderTo: null }));
}

function candidatesOfRound(race: RaceFolder, { held, chain, preemption, contender }: SearchRound): Candidate[] {
  if (held === null) return [];
  const { func, offset } = held;
  const seconds = contender === 'kept' ? [null, preemption.contenderTo] : [null];
  return seconds.flatMap((contenderTo) =>
    pathsThrough(race, [func, ...chain]).map((path) => ({ path, func, offset, contenderTo })),
  );
}

/** Paths that a thread is on whose call chain this is. */
function pathsThrough(race: RaceFolder, chain: readonly string[]): string[] {
  return heldNames(race).filter((name) =>
    heldOperation(race, name).held.from.some((place) => chain.includes(place.name)),
  );
}

/** Where a path reaches a place: as often as it does. */
export function pointsAt(
  path: readonly PathPoint[],
  { func, offset }: Pick<Candidate, 'func' | 'offset'>,
): PathPoint[] {
  return path.filter((point) => point.func === func && point.offset === offset);
}

/** Whether an outcome is of the kind of the finding. */
export function isSameKind(outcome: PointOutcome, found: SearchFound): boolean {
  switch (found.kind) {
    case 'splat':
      return outcome.kind === 'oops';
    case 'stalled':
      return outcome.kind === 'hang';
    case 'corruption':
      return outcome.kind === 'corruption';
  }
}
