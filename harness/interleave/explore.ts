// SPDX-License-Identifier: GPL-2.0-only
import { MachineLostError, SwapraceError } from '../model/errors.ts';
import type {
  ExploredPath,
  PathPoint,
  PointChoice,
  PointRange,
  PointResult,
  PointSample,
} from '../model/interleave.ts';
import { pointName } from '../model/race-map.ts';
import { attempt, DEFAULT_TIMES, type AttemptTimes, type Interleaving } from './attempt.ts';
import { classify } from './classify.ts';
import type { Disassembler } from './disassembly.ts';
import { CpuTakenError } from './errors.ts';
import { EntryWalker, pathByEntries, type FunctionsAhead } from './entries.ts';
import { mergePoints, privateAddresses, type MergePlan } from './merge.ts';
import { tracePath, type TracedPath } from './path.ts';
import { choosePoints, samplePoints } from './points.ts';
import { ANCHOR, HELD, type Placement } from './prepare.ts';
import { PathWalker, type Walker } from './walk.ts';

/** Every `of`-th of the points, from the `index`-th: what one of several guests explores. */
export interface PointShare {
  readonly index: number;
  readonly of: number;
}

export interface ExploreOptions extends Interleaving {
  readonly choice: PointChoice;
  readonly range?: PointRange;
  /** At most this many of the chosen points; all of them where it is absent. */
  readonly sample?: PointSample;
  /** Makes the path begin where its stepped part ends, with the entries of these functions as its points. */
  readonly ahead?: FunctionsAhead;
  /** Leaves out points that a neighbour stands for; they must be chosen all. */
  readonly merge?: { readonly disassemble: Disassembler; readonly seed: string };
  /** All of the chosen points where it is absent. */
  readonly share?: PointShare;
  /** Attempts at each point. */
  readonly repeats: number;
  readonly times?: AttemptTimes;
  /** Points that were explored before, by `pointName`; they are left out. */
  readonly explored: ReadonlySet<string>;
  /** Points at which an earlier guest's CPU was taken; added to where it happens. */
  readonly taken: Set<string>;
  readonly signal: AbortSignal;
  /** Called with the path when it is known. */
  readonly onPath: (path: ExploredPath) => Promise<void>;
  /** Called with each attempt as it ends. */
  readonly onResult: (result: PointResult) => Promise<void>;
}

/**
 * Attempts chosen points of the placed thread's path, in order.
 *
 * @returns `lost` when the machine was lost, or is unfit because the contender's CPU is taken: what is missing can be
 *   explored with another. A point at which two guests were unfit is inconclusive.
 * @throws the signal's reason when it aborts; UsageError when the kernel has no `contenderTo`; every other failure of
 *   an attempt is an inconclusive result.
 */
export async function explore(placement: Placement, options: ExploreOptions): Promise<{ readonly lost: boolean }> {
  // Before the first attempt: afterwards a wrong name would make every point inconclusive.
  if (options.contenderTo !== null) placement.symbols.addressAt(options.contenderTo);
  const { path, walker } = await (options.ahead === undefined
    ? stepped(placement, options)
    : entered(placement, options.ahead, options));
  const chosen = choosePoints(path.points, options.choice, options.range);
  const merge = options.merge === undefined ? null : await planMerge(placement, chosen, options.merge);
  await options.onPath({
    anchor: path.from ?? placement.anchor,
    end: path.end,
    points: path.points,
    represented: merge?.represented ?? null,
  });
  const points = samplePoints(merge?.run ?? chosen, options.sample);
  const { index, of } = options.share ?? { index: 0, of: 1 };
  for (const point of points.filter((_, at) => at % of === index)) {
    if (options.explored.has(pointName(point))) continue;
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      options.signal.throwIfAborted();
      const { result, lost, taken } = await tryPoint(placement, walker, point, options);
      if (taken && !options.taken.has(pointName(point))) {
        options.taken.add(pointName(point));
        return { lost: true };
      }
      await options.onResult(result);
      if (lost) return { lost };
    }
  }
  return { lost: false };
}

async function planMerge(
  { machine }: Placement,
  points: readonly PathPoint[],
  { disassemble, seed }: NonNullable<ExploreOptions['merge']>,
): Promise<MergePlan> {
  const found = await privateAddresses(points, disassemble, machine.vcpus, HELD);
  return mergePoints(points, (address) => found.has(address), seed);
}

interface WalkedPath {
  readonly path: TracedPath;
  readonly walker: Walker;
}

async function stepped(placement: Placement, { signal }: ExploreOptions): Promise<WalkedPath> {
  const { machine, runner, symbols, path } = placement;
  await machine.snapshots.load(ANCHOR);
  runner.restored();
  return {
    path: await tracePath(machine.vcpus, HELD, symbols, path.limits, signal),
    walker: new PathWalker(placement),
  };
}

async function entered(placement: Placement, ahead: FunctionsAhead, options: ExploreOptions): Promise<WalkedPath> {
  const { path } = await stepped(placement, options);
  return { path: await pathByEntries(placement, path, ahead, options.signal), walker: new EntryWalker(placement) };
}

interface TriedPoint {
  readonly result: PointResult;
  /** The machine answers nothing more. */
  readonly lost: boolean;
  /** The machine's other work kept the contender from its turn; another machine's may not. */
  readonly taken: boolean;
}

/** One attempt; whatever goes wrong with it is its result. */
export async function tryPoint(
  placement: Placement,
  walker: Walker,
  point: PathPoint,
  options: Interleaving & Pick<ExploreOptions, 'times'>,
): Promise<TriedPoint> {
  const { hold, times = DEFAULT_TIMES } = options;
  const startedAt = performance.now();
  const resultOf = (
    outcome: PointResult['outcome'],
    landed: PointResult['landed'] = null,
    seen: PointResult['seen'] = null,
  ): PointResult => ({
    point,
    hold,
    landed,
    outcome,
    seen,
    elapsedMs: performance.now() - startedAt,
  });
  if (hold === 'preempt' && placement.starved !== null) {
    return {
      result: resultOf({ kind: 'inconclusive', reason: `the hold starves the kernel (${placement.starved})` }),
      lost: false,
      taken: false,
    };
  }
  try {
    await walker.goTo(point);
    const { seen, landed } = await attempt(placement, options, times);
    const outcome = classify(seen, { success: placement.path.success, contender: placement.contender.name });
    const { splat: _splat, backtraces: _backtraces, ...kept } = seen;
    return {
      result: resultOf(outcome, landed, kept),
      lost: false,
      taken: false,
    };
  } catch (error) {
    if (!(error instanceof SwapraceError)) throw error;
    return {
      result: resultOf({ kind: 'inconclusive', reason: error.message }),
      lost: error instanceof MachineLostError,
      taken: error instanceof CpuTakenError,
    };
  }
}
