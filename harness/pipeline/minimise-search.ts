import { BACKENDS, backendName, type BackendName } from '../interleave/backends.ts';
import { tryPoint } from '../interleave/explore.ts';
import { tracePath } from '../interleave/path.ts';
import { pathNamed, type PathSpec } from '../interleave/paths.ts';
import { choosePoints } from '../interleave/points.ts';
import { ANCHOR, HELD, type Placement } from '../interleave/prepare.ts';
import { replay } from '../interleave/replay.ts';
import { formatSchedule, interleavingOf, type Schedule } from '../interleave/schedule.ts';
import { candidatesOf, isSameKind, pointsAt, type Candidate } from '../interleave/search/candidates.ts';
import { sourceLookup } from '../interleave/symbols.ts';
import { PathWalker } from '../interleave/walk.ts';
import { SwapraceError } from '../model/errors.ts';
import type { SwapBackend } from '../model/guest.ts';
import type { PathPoint, PointOutcome } from '../model/interleave.ts';
import { pointName } from '../model/race-map.ts';
import type { Minimised, SearchedGuest, SearchRound } from '../model/search.ts';
import type { PlacedLab } from './debugged-guest.ts';
import { withPlacement } from './place.ts';
import type { SearchedKernel } from './search-run.ts';

/** Attempts at a candidate: outcomes behind the release are not all the same. */
const TRIES = 3;
/** Of one place that a path comes to again and again, so many times are tried. */
const MOST_OCCURRENCES = 3;
const ATTEMPTS = 10;

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

/** Looks for a placed schedule of one or two holds that gives the finding; null when none of those that are likely does. */
export async function minimise(searched: SearchedKernel, lab: PlacedLab, request: MinimiseRequest): Promise<Minimised | null> {
  const backend = placedOn(request.backend);
  const { rounds, finding, functions } = request;
  const candidates = candidatesOf({ rounds, end: finding.end, swapoff: searched.swapoff.func, functions });
  for (const path of new Set(candidates.map((candidate) => candidate.path))) {
    const onPath = candidates.filter((candidate) => candidate.path === path);
    const search = (placement: Placement): Promise<Minimised | null> => firstThatGives(placement, backend, onPath, searched, request);
    const found = await withPlacement(searched.kernel, lab, request.signal, search, { path, backend: BACKENDS[backend] }).catch(notReached);
    if (found !== null) return found;
  }
  return null;
}

/** A path that this kernel does not take gives nothing. */
function notReached(error: unknown): null {
  if (error instanceof SwapraceError && error.code === 'PATH_NOT_REACHED') return null;
  throw error;
}

/** The backend of schedules that is most like a probe's: a swap file lies on the same disk. */
function placedOn(backend: SwapBackend): BackendName {
  return backend.kind === 'file' ? 'rotational' : backendName(backend);
}

async function firstThatGives(
  placement: Placement,
  backend: BackendName,
  candidates: readonly Candidate[],
  { kernel }: SearchedKernel,
  { variant, finding, signal }: MinimiseRequest,
): Promise<Minimised | null> {
  const { machine, runner, symbols, path } = placement;
  await machine.snapshots.load(ANCHOR);
  runner.restored();
  const { points } = await tracePath(machine.vcpus, HELD, symbols, path.limits, signal);
  const walker = new PathWalker(placement);
  for (const { point, swapoffTo, tries } of placesToTry(points, candidates)) {
    const schedule = scheduleOf(variant, backend, path, swapoffTo, pointName(point));
    for (let tried = 0; tried < tries; tried++) {
      signal.throwIfAborted();
      const { result, lost } = await tryPoint(placement, walker, point, interleavingOf(schedule));
      if (lost) return null;
      if (!isSameKind(result.outcome, finding.end)) continue;
      const claimed: Schedule = { ...schedule, expect: expectationOf(result.outcome) };
      const { met } = await replay(placement, claimed, { attempts: ATTEMPTS, source: sourceLookup(kernel.vmlinux, signal), signal });
      return { schedule: formatSchedule(claimed), met: met ?? 0, attempts: ATTEMPTS };
    }
  }
  return null;
}

interface PlaceToTry {
  readonly point: PathPoint;
  readonly swapoffTo: string | null;
  readonly tries: number;
}

/** The candidates' points; then, once each, every function that the path comes to. */
function placesToTry(points: readonly PathPoint[], candidates: readonly Candidate[]): PlaceToTry[] {
  const likely = candidates.flatMap((candidate) =>
    pointsAt(points, candidate).slice(0, MOST_OCCURRENCES).map((point) => ({ point, swapoffTo: candidate.swapoffTo, tries: TRIES })),
  );
  return [...likely, ...choosePoints(points, { kind: 'functions' }).map((point) => ({ point, swapoffTo: null, tries: 1 }))];
}

function scheduleOf(variant: string, backend: BackendName, path: PathSpec, swapoffTo: string | null, at: string): Schedule {
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
