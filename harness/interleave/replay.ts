import type { PointOutcome, PointResult } from '../model/interleave.ts';
import { DEFAULT_TIMES, type AttemptTimes } from './attempt.ts';
import { tryPoint } from './explore.ts';
import { outcomeKey } from './map.ts';
import { tracePath } from './path.ts';
import { findPlace } from './points.ts';
import { ANCHOR, HELD, type Placement } from './prepare.ts';
import { interleavingOf, type Schedule } from './schedule.ts';
import type { SourceLookup } from './symbols.ts';
import { PathWalker } from './walk.ts';

export interface ReplayOptions {
  readonly attempts: number;
  readonly times?: AttemptTimes;
  /** For schedules that name a source line. */
  readonly source: SourceLookup;
  readonly signal: AbortSignal;
  readonly onResult?: (result: PointResult) => void;
}

/** What came of a schedule, attempt by attempt. */
export interface Replay {
  readonly results: readonly PointResult[];
  /** Attempts that met what the schedule expects; null where it expects nothing. */
  readonly met: number | null;
}

/**
 * Does what a schedule says, again and again from one snapshot.
 *
 * @throws UsageError `NO_SUCH_POINT` when this kernel's path never comes to the schedule's point.
 */
export async function replay(placement: Placement, schedule: Schedule, options: ReplayOptions): Promise<Replay> {
  const { machine, runner, symbols } = placement;
  await machine.snapshots.load(ANCHOR);
  runner.restored();
  const path = await tracePath(machine.vcpus, HELD, symbols, placement.path.limits, options.signal);
  const point = await findPlace(path.points, schedule.hold.at, options.source);
  const walker = new PathWalker(placement);
  const results: PointResult[] = [];
  while (results.length < options.attempts) {
    options.signal.throwIfAborted();
    const { result, lost } = await tryPoint(placement, walker, point, {
      ...interleavingOf(schedule),
      times: options.times ?? DEFAULT_TIMES,
    });
    results.push(result);
    options.onResult?.(result);
    if (lost) break;
  }
  const { expect } = schedule;
  return { results, met: expect === undefined ? null : results.filter(({ outcome }) => meets(outcome, expect)).length };
}

/** Whether an outcome is of the expected kind and names what it should. */
export function meets(outcome: PointOutcome, expect: NonNullable<Schedule['expect']>): boolean {
  return outcome.kind === expect.kind && (expect.matches === undefined || outcomeKey(outcome).includes(expect.matches));
}
