// SPDX-License-Identifier: GPL-2.0-only
import { availableParallelism } from 'node:os';
import { calleeLookup, reachable } from '../interleave/calls.ts';
import { disassembler } from '../interleave/disassembly.ts';
import { explore, type ExploreOptions, type PointShare } from '../interleave/explore.ts';
import { onPath, raceMap, type MapHeader } from '../interleave/map.ts';
import { mergeSummary } from '../interleave/merge.ts';
import { GuestError } from '../model/errors.ts';
import type { ExplorationSpec, ExploredPath } from '../model/exploration.ts';
import type { PointResult, RaceMap } from '../model/interleave.ts';
import type { Kernel } from '../model/kernel.ts';
import { pointName } from '../model/race-map.ts';
import type { Lab } from '../lab/lab.ts';
import { readRace } from '../race/read.ts';
import { withPlacement } from '../probe/place/guest.ts';

/** What one exploration is to do, and what is known of it already. */
export interface ExploreRequest {
  readonly spec: ExplorationSpec;
  /** Results of an exploration of the same that was stopped. */
  readonly known: readonly PointResult[];
  /** Guests side by side. */
  readonly guests: number;
  readonly signal: AbortSignal;
  /** Told of the path as soon as a guest has gone along it; again when another guest does. */
  readonly onPath: (path: ExploredPath) => Promise<void>;
  /** Told of each attempt as it ends. */
  readonly onResult: (result: PointResult) => Promise<void>;
  /** Where the console of the n-th guest goes; without it consoles are not kept. */
  readonly consoleLog?: (guest: number) => string;
}

/** Guests that one exploration may lose before it is given up. */
const MOST_GUESTS = 20;

/** Two vCPUs need two processors to make headway beside others. */
const CPUS_A_GUEST = 2;

/** Guests that this host explores with side by side. */
export function guestsAtOnce(): number {
  return Math.max(1, Math.floor(availableParallelism() / CPUS_A_GUEST));
}

/**
 * Explores a kernel with guests side by side, and with another one where one is lost: its points are inconclusive, and
 * the exploration goes on after them.
 *
 * @throws GuestError `TOO_MANY_LOST` when guests do not last.
 */
export async function exploreKernel(kernel: Kernel, lab: Lab, request: ExploreRequest): Promise<void> {
  const { guests } = request;
  const booted = new BootedGuests(request.consoleLog);
  const explored = new ExploredPoints(request.spec.repeats);
  for (const result of request.known) explored.add(result);
  if (guests > 1) {
    await sideBySide(request.signal, guests, (signal, index) =>
      exploreShare(kernel, lab, { ...request, signal }, explored, booted, { index, of: guests }),
    );
  }
  // Guests may go along the path a little differently: what a last one's path has besides is explored as well.
  await exploreShare(kernel, lab, request, explored, booted, { index: 0, of: 1 });
}

/** All at once; the first that fails ends the others. @throws what it failed with. */
async function sideBySide(
  signal: AbortSignal,
  count: number,
  work: (signal: AbortSignal, index: number) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const one = (index: number): Promise<void> =>
    work(either, index).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  await Promise.allSettled(Array.from({ length: count }, (_, index) => one(index)));
  if (failed.signal.aborted) throw failed.signal.reason;
}

/** Counts guests, so that each has a console log of its own. */
class BootedGuests {
  #count = 0;

  constructor(private readonly consoleLog: ((guest: number) => string) | undefined) {}

  nextLog(): string | undefined {
    return this.consoleLog?.(this.#count++);
  }
}

async function exploreShare(
  kernel: Kernel,
  lab: Lab,
  request: ExploreRequest,
  explored: ExploredPoints,
  booted: BootedGuests,
  share: PointShare,
): Promise<void> {
  const { spec, signal } = request;
  const options = { ...optionsOf(kernel, request, explored), share };
  const { path, meanwhile, backend } = spec;
  const scene = { race: readRace(lab.guestsDir, spec.race), path, meanwhile, backend };
  for (let guest = 0; guest < MOST_GUESTS; guest++) {
    const { lost } = await withPlacement(
      kernel,
      lab,
      signal,
      (placement) => explore(placement, options),
      scene,
      booted.nextLog(),
    );
    if (!lost) return;
  }
  throw new GuestError('TOO_MANY_LOST', `${MOST_GUESTS} guests were lost while ${spec.variant} was explored`);
}

/** Points that need no further attempt, by name: those with all their repeats, and those at which a guest was lost. */
class ExploredPoints {
  readonly names = new Set<string>();
  readonly #attempts = new Map<string, number>();

  constructor(private readonly repeats: number) {}

  add({ point, outcome }: PointResult): void {
    const name = pointName(point);
    const attempts = (this.#attempts.get(name) ?? 0) + 1;
    this.#attempts.set(name, attempts);
    if (attempts >= this.repeats || outcome.kind === 'inconclusive') this.names.add(name);
  }
}

function optionsOf(
  kernel: Kernel,
  { spec, signal, onPath, onResult }: ExploreRequest,
  explored: ExploredPoints,
): ExploreOptions {
  const { hold, contenderTo, points, range, sample, repeats, entries, mergeSeed } = spec;
  return {
    ...{
      hold,
      contenderTo,
      choice: points,
      range,
      repeats,
      signal,
      explored: explored.names,
      onPath,
      taken: new Set<string>(),
    },
    onResult: async (result) => {
      explored.add(result);
      await onResult(result);
    },
    ...(sample === null ? {} : { sample }),
    ...aheadOf(kernel, entries, signal),
    ...mergeOf(kernel, mergeSeed, signal),
  };
}

/** The map that results make, without source lines at its edges. */
export function mapOf(spec: ExplorationSpec, explored: ExploredPath, results: readonly PointResult[]): RaceMap {
  const { variant, race, path, backend, hold, meanwhile, contenderTo, entries } = spec;
  const { anchor, end: pathEnd, points, represented } = explored;
  const here = onPath(results, points);
  const header: MapHeader = {
    ...{ variant, race, path, backend, hold, meanwhile, contenderTo, anchor, pathEnd },
    pointsAre: entries === null ? 'instructions' : 'function entries',
    pathPoints: points.length,
    merged: represented === null ? null : mergeSummary(represented, here),
  };
  return raceMap(header, here);
}

/** Calls between a function in which the thread stands and those whose entries become points. */
const CALLS_DEEP = 2;

function aheadOf(
  kernel: Kernel,
  entries: ExplorationSpec['entries'],
  signal: AbortSignal,
): Pick<ExploreOptions, 'ahead'> {
  if (entries === null) return {};
  if (entries !== 'call graph') return { ahead: async () => entries };
  return { ahead: (chain) => reachable(chain, CALLS_DEEP, calleeLookup(kernel.vmlinux, signal)) };
}

function mergeOf(kernel: Kernel, seed: string | null, signal: AbortSignal): Pick<ExploreOptions, 'merge'> {
  return seed === null ? {} : { merge: { disassemble: disassembler(kernel.vmlinux, signal), seed } };
}
