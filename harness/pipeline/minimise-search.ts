// SPDX-License-Identifier: GPL-2.0-only
import { PathNotReachedError } from '../interleave/errors.ts';
import { tryPoint } from '../interleave/explore.ts';
import { tracePath } from '../interleave/path.ts';
import { choosePoints } from '../interleave/points.ts';
import { ANCHOR, HELD, type Placement } from '../interleave/prepare.ts';
import { replay } from '../interleave/replay.ts';
import { formatSchedule, interleavingOf, type Schedule } from '../interleave/schedule.ts';
import { isSameKind, likelyPaths, pointsAt, type Candidate } from '../interleave/search/candidates.ts';
import { sourceLookup } from '../interleave/symbols.ts';
import { PathWalker } from '../interleave/walk.ts';
import type { SwapBackend } from '../model/guest.ts';
import type { PathPoint, PointOutcome } from '../model/interleave.ts';
import { pointName } from '../model/race-map.ts';
import type { Minimised, SearchedGuest, SearchRound } from '../model/search.ts';
import type { Lab } from '../lab/lab.ts';
import { setupFor, type NamedSetup } from '../race/operations.ts';
import type { RaceFolder } from '../race/read.ts';
import { withPlacement } from '../probe/place/guest.ts';
import type { SearchedKernel } from './search-run.ts';

/** Attempts at a candidate: outcomes after the release are not all the same. */
const TRIES = 3;
/** Of a place that a path reaches again and again, the first N are tried. */
const MOST_OCCURRENCES = 3;
const ATTEMPTS = 10;
/** Guests for one path: one that is lost is left for another. */
const MOST_GUESTS = 3;

export interface MinimiseRequest {
  readonly variant: string;
  readonly backend: SwapBackend;
  readonly finding: SearchedGuest;
  /** Rounds of the finding's guest. */
  readonly rounds: readonly SearchRound[];
  /** Functions that were searched. */
  readonly functions: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Looks for a placed schedule of one or two holds that gives the finding; null when none of those that are likely does.
 */
export async function minimise(
  searched: SearchedKernel,
  lab: Lab,
  request: MinimiseRequest,
): Promise<Minimised | null> {
  const { race } = searched;
  const setup = placedOn(race, request.backend);
  const { rounds, finding, functions } = request;
  for (const { path, candidates } of likelyPaths({
    race,
    rounds,
    end: finding.end,
    contender: searched.contender.func,
    functions,
  })) {
    const attempts: Attempts = { setup, candidates, tried: new Set() };
    const search = (placement: Placement): Promise<Minimised | 'none' | 'lost'> =>
      firstThatGives(placement, attempts, searched, request);
    let found: Minimised | 'none' | 'lost' = 'lost';
    for (let guests = 0; found === 'lost' && guests < MOST_GUESTS; guests++) {
      found = await withPlacement(searched.kernel, lab, request.signal, search, {
        ...{ race, path, meanwhile: race.contender, backend: setup.backend },
      }).catch(notReached);
    }
    if (typeof found === 'object') return found;
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

/** What is tried on one path, in one guest or in several. */
interface Attempts {
  readonly setup: NamedSetup;
  readonly candidates: readonly Candidate[];
  /** Places that were begun: the one at which a guest was lost is not tried again. */
  readonly tried: Set<string>;
}

async function firstThatGives(
  placement: Placement,
  { setup, candidates, tried }: Attempts,
  { kernel, race }: SearchedKernel,
  { variant, finding, signal }: MinimiseRequest,
): Promise<Minimised | 'none' | 'lost'> {
  const { machine, runner, symbols, path } = placement;
  await machine.snapshots.load(ANCHOR);
  runner.restored();
  const { points } = await tracePath(machine.vcpus, HELD, symbols, path.limits, signal);
  const walker = new PathWalker(placement);
  for (const { point, contenderTo, tries } of placesToTry(points, candidates)) {
    const place = `${pointName(point)} ${contenderTo ?? ''}`;
    if (tried.has(place)) continue;
    tried.add(place);
    const schedule = scheduleOf(variant, race, setup.name, path.name, contenderTo, pointName(point));
    for (let again = 0; again < tries; again++) {
      signal.throwIfAborted();
      const { result, lost } = await tryPoint(placement, walker, point, interleavingOf(schedule));
      if (lost) return 'lost';
      if (!isSameKind(result.outcome, finding.end)) continue;
      const claimed: Schedule = { ...schedule, expect: expectationOf(result.outcome) };
      const { met } = await replay(placement, claimed, {
        attempts: ATTEMPTS,
        source: sourceLookup(kernel.vmlinux, signal),
        signal,
      });
      return { schedule: formatSchedule(claimed), met: met ?? 0, attempts: ATTEMPTS };
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
