// SPDX-License-Identifier: GPL-2.0-only
import { isOfSeen } from '../../interleave/classify.ts';
import { choosePoints, samplePoints } from '../../interleave/points.ts';
import type { ExploredPath, PointResult } from '../../model/interleave.ts';
import type { Contradiction, RawFiles, Seen } from '../../model/probe.ts';
import { outcomeKey, pointName } from '../../model/race-map.ts';
import { ofEnd } from '../contradictions.ts';
import { PATH, POINTS, readPoints } from './files.ts';
import type { PlaceArgs, PlaceSpec } from './spec.ts';

/** What of an exploration cannot be. */
export async function placeContradictions(
  probe: PlaceSpec,
  { step, end }: Pick<Seen<PlaceArgs>, 'step' | 'end'>,
  files: RawFiles,
): Promise<Contradiction[]> {
  const { path, results } = await readPoints(files);
  const gap = path?.points.findIndex(({ index }, at) => index !== at) ?? -1;
  const found = [...ofEnd(step, end), ...ofAttempts(POINTS, results, step.args.hold)];
  if (gap >= 0) found.push({ file: PATH, what: `its point ${gap} is not there` });
  // One that was cut short has the points that it had until then.
  if (end.kind !== 'completed') return found;
  if (path === null) return [...found, { file: PATH, what: 'is missing, and the exploration is complete' }];
  return [...found, ...missingPoints(step.args, probe, path, results)];
}

/** Of attempts, whose outcomes are those of what was seen. */
export function ofAttempts(file: string, results: readonly PointResult[], hold?: PointResult['hold']): Contradiction[] {
  return results.flatMap((result, at): Contradiction[] => {
    const which = `line ${at + 1}, ${pointName(result.point)}`;
    if (hold !== undefined && result.hold !== hold)
      return [{ file, what: `${which}: held by ${result.hold}, asked for ${hold}` }];
    if (isOfSeen(result)) return [];
    return [{ file, what: `${which}: ${outcomeKey(result.outcome)} does not follow from what was seen` }];
  });
}

/** Points that were chosen and have fewer attempts than were asked for. */
function missingPoints(
  { repeats, share }: PlaceArgs,
  { points, range, sample }: PlaceSpec,
  path: ExploredPath,
  results: readonly PointResult[],
): Contradiction[] {
  const attempts = new Map<string, number>();
  for (const { point, outcome } of results) {
    const name = pointName(point);
    // Another attempt at an inconclusive point is not made.
    const counted = outcome.kind === 'inconclusive' ? Infinity : 1;
    attempts.set(name, (attempts.get(name) ?? 0) + counted);
  }
  const run = choosePoints(path.points, points, range).filter(
    (point) => !(pointName(point) in (path.represented ?? {})),
  );
  const chosen = samplePoints(run, sample ?? undefined).filter((_, at) => at % share.of === share.index);
  return chosen.flatMap((point) => {
    const made = attempts.get(pointName(point)) ?? 0;
    if (made >= repeats) return [];
    return [{ file: POINTS, what: `${pointName(point)} has ${made} of ${repeats} attempts` }];
  });
}
