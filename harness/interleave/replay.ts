// SPDX-License-Identifier: GPL-2.0-only
import type { PathPoint, PointOutcome, PointResult } from '../model/interleave.ts';
import { DEFAULT_TIMES, holdMeanwhile, type AttemptTimes } from './attempt.ts';
import { tryPoint } from './explore.ts';
import { outcomeKey } from '../model/race-map.ts';
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
  readonly onResult?: (result: PointResult) => void | Promise<void>;
}

/** What came of a schedule, attempt by attempt. */
export interface Replay {
  readonly results: readonly PointResult[];
  /** Attempts that met what the schedule expects; null where it expects nothing. */
  readonly met: number | null;
  /** The machine was lost, or is unfit: what is missing of the attempts can be made with another. */
  readonly lost: boolean;
}

/**
 * Does what a schedule says, again and again from one snapshot.
 *
 * @throws UsageError `NO_SUCH_POINT` when this kernel's path never reaches the schedule's point, `NO_SUCH_FUNCTION`
 *   when it has none to which the contender is to be brought.
 */
export async function replay(placement: Placement, schedule: Schedule, options: ReplayOptions): Promise<Replay> {
  const { contenderTo } = interleavingOf(schedule);
  if (contenderTo !== null) placement.symbols.addressAt(contenderTo);
  const point = await pointOf(placement, schedule, options);
  const walker = new PathWalker(placement);
  const results: PointResult[] = [];
  let over = false;
  while (!over && results.length < options.attempts) {
    options.signal.throwIfAborted();
    const { result, lost, taken } = await tryPoint(placement, walker, point, {
      ...interleavingOf(schedule),
      times: options.times ?? DEFAULT_TIMES,
    });
    over = lost || taken;
    if (taken) break;
    results.push(result);
    await options.onResult?.(result);
  }
  return { results, met: metBy(results, schedule), lost: over };
}

/** Attempts that met what a schedule expects; null where it expects nothing. */
export function metBy(results: readonly PointResult[], { expect }: Schedule): number | null {
  return expect === undefined ? null : results.filter(({ outcome }) => meets(outcome, expect)).length;
}

/** Where a schedule holds, on the path that this kernel takes. */
async function pointOf(
  { machine, runner, symbols, path }: Placement,
  schedule: Schedule,
  options: Pick<ReplayOptions, 'source' | 'signal'>,
): Promise<PathPoint> {
  await machine.snapshots.load(ANCHOR);
  runner.restored();
  const { points } = await tracePath(machine.vcpus, HELD, symbols, path.limits, options.signal);
  return findPlace(points, schedule.hold.at, options.source);
}

/**
 * Does what a schedule says up to the release: the thread is held, the other side has done what it is to do, all vCPUs
 * are stopped, and there is no breakpoint left.
 *
 * @returns in words, what the other side did.
 * @throws as `replay` does.
 */
export async function replayToHold(
  placement: Placement,
  schedule: Schedule,
  options: Omit<ReplayOptions, 'attempts' | 'onResult'>,
): Promise<string> {
  await new PathWalker(placement).goTo(await pointOf(placement, schedule, options));
  const held = await holdMeanwhile(placement, interleavingOf(schedule), options.times ?? DEFAULT_TIMES);
  await placement.runner.clear();
  const { name } = placement.contender;
  if (held.contenderReturned) return `${name} has returned`;
  if (held.contenderKept) return `${name} is at ${interleavingOf(schedule).contenderTo}`;
  return held.waitedIn === null ? `${name} was not called` : `${name} waits in ${held.waitedIn}`;
}

/** Whether an outcome is of the expected kind and names what it should. */
export function meets(outcome: PointOutcome, expect: NonNullable<Schedule['expect']>): boolean {
  return outcome.kind === expect.kind && (expect.matches === undefined || outcomeKey(outcome).includes(expect.matches));
}
