// SPDX-License-Identifier: GPL-2.0-only
import { BACKENDS, backendName, type BackendName } from '../interleave/backends.ts';
import { tryPoint } from '../interleave/explore.ts';
import { tracePath } from '../interleave/path.ts';
import { pathNamed, type PathSpec } from '../interleave/paths.ts';
import { choosePoints } from '../interleave/points.ts';
import { ANCHOR, HELD, type Placement } from '../interleave/prepare.ts';
import { replay } from '../interleave/replay.ts';
import { formatSchedule, interleavingOf, type Schedule } from '../interleave/schedule.ts';
import { isSameKind, likelyPaths, pointsAt, type Candidate } from '../interleave/search/candidates.ts';
import { sourceLookup } from '../interleave/symbols.ts';
import { PathWalker } from '../interleave/walk.ts';
import { SwapraceError } from '../model/errors.ts';
import type { SwapBackend } from '../model/guest.ts';
import type { PathPoint, PointOutcome } from '../model/interleave.ts';
import { pointName } from '../model/race-map.ts';
import type { Minimised, SearchedGuest, SearchRound } from '../model/search.ts';
import type { Lab } from '../lab/lab.ts';
import { withPlacement } from './place.ts';
import type { SearchedKernel } from './search-run.ts';

/** Attempts at a candidate: outcomes behind the release are not all the same. */
const TRIES = 3;
/** Of one place that a path comes to again and again, so many times are tried. */
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
  const backend = placedOn(request.backend);
  const { rounds, finding, functions } = request;
  for (const { path, candidates } of likelyPaths({
    rounds,
    end: finding.end,
    swapoff: searched.swapoff.func,
    functions,
  })) {
    const attempts: Attempts = { backend, candidates, tried: new Set() };
    const search = (placement: Placement): Promise<Minimised | 'none' | 'lost'> =>
      firstThatGives(placement, attempts, searched, request);
    let found: Minimised | 'none' | 'lost' = 'lost';
    for (let guests = 0; found === 'lost' && guests < MOST_GUESTS; guests++) {
      found = await withPlacement(searched.kernel, lab, request.signal, search, {
        path,
        backend: BACKENDS[backend],
      }).catch(notReached);
    }
    if (typeof found === 'object') return found;
  }
  return null;
}

/** A path that this kernel does not take gives nothing. */
function notReached(error: unknown): 'none' {
  if (error instanceof SwapraceError && error.code === 'PATH_NOT_REACHED') return 'none';
  throw error;
}

/** The backend of schedules that is most like a probe's: a swap file lies on the same disk. */
function placedOn(backend: SwapBackend): BackendName {
  return backend.kind === 'file' ? 'rotational' : backendName(backend);
}

/** What is tried on one path, in one guest or in several. */
interface Attempts {
  readonly backend: BackendName;
  readonly candidates: readonly Candidate[];
  /** Places that were begun: the one at which a guest was lost is not tried again. */
  readonly tried: Set<string>;
}

async function firstThatGives(
  placement: Placement,
  { backend, candidates, tried }: Attempts,
  { kernel }: SearchedKernel,
  { variant, finding, signal }: MinimiseRequest,
): Promise<Minimised | 'none' | 'lost'> {
  const { machine, runner, symbols, path } = placement;
  await machine.snapshots.load(ANCHOR);
  runner.restored();
  const { points } = await tracePath(machine.vcpus, HELD, symbols, path.limits, signal);
  const walker = new PathWalker(placement);
  for (const { point, swapoffTo, tries } of placesToTry(points, candidates)) {
    const place = `${pointName(point)} ${swapoffTo ?? ''}`;
    if (tried.has(place)) continue;
    tried.add(place);
    const schedule = scheduleOf(variant, backend, path, swapoffTo, pointName(point));
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
  readonly swapoffTo: string | null;
  readonly tries: number;
}

/** The candidates' points; then, once each, every function that the path comes to. */
function placesToTry(points: readonly PathPoint[], candidates: readonly Candidate[]): PlaceToTry[] {
  const likely = candidates.flatMap((candidate) =>
    pointsAt(points, candidate)
      .slice(0, MOST_OCCURRENCES)
      .map((point) => ({ point, swapoffTo: candidate.swapoffTo, tries: TRIES })),
  );
  return [
    ...likely,
    ...choosePoints(points, { kind: 'functions' }).map((point) => ({ point, swapoffTo: null, tries: 1 })),
  ];
}

function scheduleOf(
  variant: string,
  backend: BackendName,
  path: PathSpec,
  swapoffTo: string | null,
  at: string,
): Schedule {
  return {
    name: `found-on-${variant.toLowerCase().replace(/[^a-z0-9-]+/g, '-')}`,
    describe: 'found by a search, brought down to its holds',
    path: pathNamed(path.name).name,
    backend,
    hold: { at, how: 'stall' },
    meanwhile: swapoffTo === null ? 'swapoff' : { 'swapoff-to': swapoffTo },
  };
}

function expectationOf(outcome: PointOutcome): NonNullable<Schedule['expect']> {
  if (outcome.kind === 'oops') return { kind: 'oops', matches: outcome.signature };
  return { kind: outcome.kind === 'hang' ? 'hang' : 'corruption' };
}
