// SPDX-License-Identifier: GPL-2.0-only
import { tryPoint } from '../../interleave/explore.ts';
import { PathNotReachedError } from '../../interleave/errors.ts';
import { tracePath } from '../../interleave/path.ts';
import { choosePoints } from '../../interleave/points.ts';
import { ANCHOR, HELD, type Placement } from '../../interleave/prepare.ts';
import { formatSchedule, interleavingOf, type Schedule } from '../../interleave/schedule.ts';
import { isSameKind, likelyPaths, pointsAt, type Candidate } from '../../interleave/search/candidates.ts';
import { PathWalker } from '../../interleave/walk.ts';
import type { Lab } from '../../lab/lab.ts';
import type { SwapBackend } from '../../model/guest.ts';
import type { PathPoint, PointOutcome, PointResult } from '../../model/interleave.ts';
import { pointName } from '../../model/race-map.ts';
import { setupFor, type NamedSetup } from '../../race/operations.ts';
import type { RaceFolder } from '../../race/read.ts';
import { withPlacement } from '../place/guest.ts';
import type { SearchedKernel } from './guest.ts';
import type { ArgsOf } from './spec.ts';

/** Attempts at a candidate: outcomes after the release are not all the same. */
const TRIES = 3;
/** Of a place that a path reaches again and again, the first N are tried. */
const MOST_OCCURRENCES = 3;
/** Guests for one path: one that is lost is left for another. */
const MOST_GUESTS = 3;

export interface MinimiseRequest extends Omit<ArgsOf<'minimise'>, 'do'> {
  readonly variant: string;
  readonly backend: SwapBackend;
  /** Places that an earlier start tried, by `placeKey`; the place at which a guest was lost is not tried again. */
  readonly tried: Set<string>;
  readonly signal: AbortSignal;
  /** Where the next guest's console goes. */
  readonly nextConsole: () => string;
  readonly onAttempt: (attempt: PlaceAttempt) => Promise<void>;
}

/** One attempt at one place. */
export interface PlaceAttempt {
  readonly path: string;
  /** Where the contender was to be kept; null where it was let return. */
  readonly contenderTo: string | null;
  readonly result: PointResult;
}

export function placeKey({
  path,
  contenderTo,
  result,
}: Pick<PlaceAttempt, 'path' | 'contenderTo'> & {
  readonly result: Pick<PointResult, 'point'>;
}): string {
  return `${path} ${pointName(result.point)} ${contenderTo ?? ''}`;
}

/**
 * Looks for a placed schedule of one or two holds that gives what was found.
 *
 * @returns it as YAML, with what must come of it; null when none of those that are likely gives it.
 */
export async function minimise(searched: SearchedKernel, lab: Lab, request: MinimiseRequest): Promise<string | null> {
  const { kernel, race, contender } = searched;
  const { rounds, found, functions, signal } = request;
  const setup = placedOn(race, request.backend);
  for (const { path, candidates } of likelyPaths({ race, rounds, found, contender: contender.func, functions })) {
    const scene = { race, path, meanwhile: race.contender, backend: setup.backend };
    const use = (placement: Placement): Promise<string | 'none' | 'lost'> =>
      firstThatGives(placement, candidates, setup, race, request);
    let given: string | 'none' | 'lost' = 'lost';
    for (let guests = 0; given === 'lost' && guests < MOST_GUESTS; guests++)
      given = await withPlacement(kernel, lab, signal, use, scene, request.nextConsole()).catch(notReached);
    if (given !== 'none' && given !== 'lost') return given;
  }
  return null;
}

/** A path that this kernel does not take gives nothing. */
function notReached(error: unknown): 'none' {
  if (error instanceof PathNotReachedError) return 'none';
  throw error;
}

/** The set-up of schedules that is most like a probe's: a swap file lies on the same disk. */
function placedOn(race: RaceFolder, backend: SwapBackend): NamedSetup {
  const { sizeKiB } = backend.kind === 'file' ? backend : { sizeKiB: 0 };
  return setupFor(race, backend.kind === 'file' ? { kind: 'virtio-blk', rotational: true, sizeKiB } : backend);
}

async function firstThatGives(
  placement: Placement,
  candidates: readonly Candidate[],
  setup: NamedSetup,
  race: RaceFolder,
  { variant, found, tried, signal, onAttempt }: MinimiseRequest,
): Promise<string | 'none' | 'lost'> {
  const { machine, runner, symbols, path } = placement;
  await machine.snapshots.load(ANCHOR);
  runner.restored();
  const { points } = await tracePath(machine.vcpus, HELD, symbols, path.limits, signal);
  const walker = new PathWalker(placement);
  for (const { point, contenderTo, tries } of placesToTry(points, candidates)) {
    const key = placeKey({ path: path.name, contenderTo, result: { point } });
    if (tried.has(key)) continue;
    tried.add(key);
    const schedule = scheduleOf(variant, race, setup.name, path.name, contenderTo, pointName(point));
    for (let again = 0; again < tries; again++) {
      signal.throwIfAborted();
      const { result, lost } = await tryPoint(placement, walker, point, interleavingOf(schedule));
      await onAttempt({ path: path.name, contenderTo, result });
      if (lost) return 'lost';
      if (isSameKind(result.outcome, found))
        return formatSchedule({ ...schedule, expect: expectationOf(result.outcome) });
    }
  }
  return 'none';
}

interface PlaceToTry {
  readonly point: PathPoint;
  readonly contenderTo: string | null;
  readonly tries: number;
}

/** The candidates' points; then, once each, every function that the path reaches. */
function placesToTry(points: readonly PathPoint[], candidates: readonly Candidate[]): PlaceToTry[] {
  const likely = candidates.flatMap((candidate) =>
    pointsAt(points, candidate)
      .slice(0, MOST_OCCURRENCES)
      .map((point) => ({ point, contenderTo: candidate.contenderTo, tries: TRIES })),
  );
  return [
    ...likely,
    ...choosePoints(points, { kind: 'functions' }).map((point) => ({ point, contenderTo: null, tries: 1 })),
  ];
}

function scheduleOf(
  variant: string,
  race: RaceFolder,
  setup: string,
  path: string,
  contenderTo: string | null,
  at: string,
): Schedule {
  return {
    name: `found-on-${variant.toLowerCase().replace(/[^a-z0-9-]+/g, '-')}`,
    describe: 'found by search, minimised to its holds',
    ...{ race: race.name, path, setup },
    hold: { at, how: 'stall' },
    meanwhile: contenderTo === null ? race.contender : { 'contender-to': contenderTo },
  };
}

function expectationOf(outcome: PointOutcome): NonNullable<Schedule['expect']> {
  if (outcome.kind === 'oops') return { kind: 'oops', matches: outcome.signature };
  return { kind: outcome.kind === 'hang' ? 'hang' : 'corruption' };
}
