// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import { UsageError } from '../model/errors.ts';
import type { PathPoint, PointChoice, PointRange, PointSample } from '../model/interleave.ts';
import { pointName } from '../model/race-map.ts';
import type { SourceLookup } from './symbols.ts';

/** The chosen points, in the path's order. */
export function choosePoints(path: readonly PathPoint[], choice: PointChoice, range: PointRange = {}): PathPoint[] {
  const from = range.from ?? 0;
  const to = range.to ?? path.length;
  return path.filter((point) => point.index >= from && point.index <= to).filter((point) => isChosen(point, choice));
}

/** The points whose names hash lowest: whatever else is chosen, the same seed takes the same ones. */
export function samplePoints(points: readonly PathPoint[], sample?: PointSample): PathPoint[] {
  if (sample === undefined || sample.count >= points.length) return [...points];
  const rank = (point: PathPoint): string =>
    createHash('sha256')
      .update(`${sample.seed} ${pointName(point)}`)
      .digest('hex');
  const ranked = points.map((point) => ({ point, rank: rank(point) })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked
    .slice(0, sample.count)
    .map(({ point }) => point)
    .sort((a, b) => a.index - b.index);
}

function isChosen(point: PathPoint, choice: PointChoice): boolean {
  switch (choice.kind) {
    case 'all':
      return true;
    case 'functions':
      return point.offset === 0 || point.index === 0;
    case 'every':
      return point.index % choice.count === 0;
  }
}

/**
 * Finds a point on a path by its name, or by its index.
 *
 * @throws UsageError `NO_SUCH_POINT` when the path never comes there.
 */
export function findPoint(path: readonly PathPoint[], wanted: string | number): PathPoint {
  const found =
    typeof wanted === 'number' ? path[wanted] : path.find((point) => pointName(point) === canonical(wanted));
  if (found !== undefined) return found;
  throw new UsageError('NO_SUCH_POINT', `The path of ${path.length} instructions never reaches ${wanted}`, {
    hint: 'the functions on the path are listed by an exploration with functions as its points',
  });
}

/** `mm/swapfile.c:3210`. */
export const SOURCE_LINE = /^[\w./-]+\.[chS]:\d+$/;

/**
 * As `findPoint`; a source line names the first instruction of the path that is part of it, inlined or not.
 *
 * @throws UsageError `NO_SUCH_POINT` when the path never comes there.
 */
export async function findPlace(
  path: readonly PathPoint[],
  wanted: string | number,
  lookup: SourceLookup,
): Promise<PathPoint> {
  if (typeof wanted === 'number' || !SOURCE_LINE.test(wanted)) return findPoint(path, wanted);
  const sources = await lookup(path.map(({ address }) => address));
  const found = path.find(({ address }) => sources.get(address)?.some(({ location }) => location === wanted));
  if (found !== undefined) return found;
  throw new UsageError('NO_SUCH_POINT', `No instruction of the path of ${path.length} is part of ${wanted}`, {
    hint: 'the compiler may have given it to a neighbouring line; a map shows the lines at the edges of windows',
  });
}

function canonical(name: string): string {
  const match = /^([^+#]+)(?:\+(0x[0-9a-f]+|\d+))?(?:#(\d+))?$/i.exec(name);
  if (match === null) return name;
  return pointName({ func: match[1] as string, offset: Number(match[2] ?? 0), occurrence: Number(match[3] ?? 1) });
}
