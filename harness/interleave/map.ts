// SPDX-License-Identifier: GPL-2.0-only
import type { PathPoint, PointOutcome, PointResult, RaceMap, RaceWindow } from '../model/interleave.ts';
import { OUTCOME_KINDS, outcomeKey, pointName } from '../model/race-map.ts';
import type { SourceLookup } from './symbols.ts';

/** What a map is made from, in addition to the results. */
export type MapHeader = Omit<RaceMap, 'schema' | 'exploredPoints' | 'windows'>;

/** Distinct outcomes, worst first. */
export function outcomeSet(outcomes: readonly PointOutcome[]): PointOutcome[] {
  const distinct = new Map(outcomes.map((outcome) => [outcomeKey(outcome), outcome]));
  return [...distinct.entries()]
    .sort(([keyA, a], [keyB, b]) => rank(a) - rank(b) || (keyA < keyB ? -1 : 1))
    .map(([, outcome]) => outcome);
}

function rank(outcome: PointOutcome): number {
  return OUTCOME_KINDS.indexOf(outcome.kind);
}

interface ExploredPoint {
  readonly point: PathPoint;
  readonly outcomes: readonly PointOutcome[];
}

/** The repeats of each point together, in the path's order. */
function byPoint(results: readonly PointResult[]): ExploredPoint[] {
  const points = new Map<number, { point: PathPoint; outcomes: PointOutcome[] }>();
  for (const { point, outcome } of results) {
    const entry = points.get(point.index) ?? { point, outcomes: [] };
    entry.outcomes.push(outcome);
    points.set(point.index, entry);
  }
  return [...points.values()]
    .map(({ point, outcomes }) => ({ point, outcomes: outcomeSet(outcomes) }))
    .sort((a, b) => a.point.index - b.point.index);
}

/** Joins neighbours with the same set of outcomes. */
export function windowsOf(results: readonly PointResult[]): RaceWindow[] {
  const windows: RaceWindow[] = [];
  for (const { point, outcomes } of byPoint(results)) {
    const last = windows.at(-1);
    const window: RaceWindow =
      last !== undefined && sameSet(last.outcomes, outcomes)
        ? { ...last, last: point, points: point.index - last.first.index + 1, explored: last.explored + 1 }
        : { first: point, last: point, points: 1, explored: 1, outcomes, firstSource: [], lastSource: [] };
    windows.splice(window.first === point ? windows.length : windows.length - 1, 1, window);
  }
  return windows;
}

function sameSet(a: readonly PointOutcome[], b: readonly PointOutcome[]): boolean {
  return a.map(outcomeKey).join('\n') === b.map(outcomeKey).join('\n');
}

/**
 * Results of explorations of one path, by the names of their points: another guest of the same kernel may count its
 * instructions differently. Points that the path does not have are left out.
 */
export function onPath(results: readonly PointResult[], path: readonly PathPoint[]): PointResult[] {
  const byName = new Map(path.map((point) => [pointName(point), point]));
  return results.flatMap((result) => {
    const point = byName.get(pointName(result.point));
    return point === undefined ? [] : [{ ...result, point }];
  });
}

export function raceMap(header: MapHeader, results: readonly PointResult[]): RaceMap {
  const exploredPoints = new Set(results.map(({ point }) => point.index)).size;
  return { schema: 1, ...header, exploredPoints, windows: windowsOf(results) };
}

/** The same map with file, line and inlined callers at the edges of its windows. */
export async function symbolizeMap(map: RaceMap, lookup: SourceLookup): Promise<RaceMap> {
  const sources = await lookup(map.windows.flatMap(({ first, last }) => [first.address, last.address]));
  const windows = map.windows.map((window) => ({
    ...window,
    firstSource: sources.get(window.first.address) ?? [],
    lastSource: sources.get(window.last.address) ?? [],
  }));
  return { ...map, windows };
}
