import { UsageError } from '../model/errors.ts';
import type { PathPoint, PointChoice, PointRange } from '../model/interleave.ts';
import { pointName } from '../model/race-map.ts';

/** The chosen points, in the path's order. */
export function choosePoints(path: readonly PathPoint[], choice: PointChoice, range: PointRange = {}): PathPoint[] {
  const from = range.from ?? 0;
  const to = range.to ?? path.length;
  return path.filter((point) => point.index >= from && point.index <= to).filter((point) => isChosen(point, choice));
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
  const found = typeof wanted === 'number' ? path[wanted] : path.find((point) => pointName(point) === canonical(wanted));
  if (found !== undefined) return found;
  throw new UsageError('NO_SUCH_POINT', `The path of ${path.length} instructions never comes to ${wanted}`, {
    hint: 'the functions on the path are listed by an exploration with functions as its points',
  });
}

function canonical(name: string): string {
  const match = /^([^+#]+)(?:\+(0x[0-9a-f]+|\d+))?(?:#(\d+))?$/i.exec(name);
  if (match === null) return name;
  return pointName({ func: match[1] as string, offset: Number(match[2] ?? 0), occurrence: Number(match[3] ?? 1) });
}
