// SPDX-License-Identifier: GPL-2.0-only
import { symbolizeMap } from '../interleave/map.ts';
import { sourceLookup } from '../interleave/symbols.ts';
import { InterruptedError, SwapraceError, unsuppressed } from '../model/errors.ts';
import type { Exploration, ExplorationEnd, ExplorationRecord, ExplorationSpec } from '../model/exploration.ts';
import type { PointResult, RaceMap } from '../model/interleave.ts';
import type { Kernel } from '../model/kernel.ts';
import { pointName } from '../model/race-map.ts';
import type { ExplorationFiles } from '../store/exploration-files.ts';
import type { Lab } from '../lab/lab.ts';
import { exploreKernel, guestsAtOnce, mapOf } from './explore-kernel.ts';

export interface ExplorationOptions {
  /** Guests side by side; as many as the host has processors for where it is absent. */
  readonly guests?: number;
  readonly signal: AbortSignal;
  readonly onResult: (result: PointResult) => void;
}

/** For the source lines of a map, which an exploration that was interrupted has as well. */
const LOOKUP_MS = 60_000;

/** An exploration as it can be stored and judged. */
export interface EndedExploration {
  readonly record: ExplorationRecord;
  readonly map: RaceMap | null;
}

/**
 * Explores, keeping each point in `files` as soon as it is known; what `files` has already is not explored again.
 * Whatever stops the exploration, its map is that of the points that it had.
 *
 * @throws HostError when points cannot be kept, and the harness's own errors.
 */
export async function runExploration(
  spec: ExplorationSpec,
  kernel: Kernel,
  lab: Lab,
  files: ExplorationFiles,
  { signal, onResult, guests = guestsAtOnce() }: ExplorationOptions,
): Promise<EndedExploration> {
  const startedAt = new Date().toISOString();
  const known = wholePoints(await files.readPoints(), spec.repeats);
  let end: ExplorationEnd = { kind: 'completed' };
  try {
    await exploreKernel(kernel, lab, {
      spec,
      known,
      guests,
      signal,
      onPath: (path) => files.writePath(path),
      onResult: async (result) => {
        await files.append(result);
        onResult(result);
      },
      consoleLog: (guest) => files.consoleLog(guest),
    });
  } catch (error) {
    end = endOf(unsuppressed(error), signal);
  }
  const path = await files.readPath();
  const map =
    path === null
      ? null
      : await symbolizeMap(
          mapOf(spec, path, await files.readPoints()),
          sourceLookup(kernel.vmlinux, AbortSignal.timeout(LOOKUP_MS)),
        );
  return { record: { spec, end, startedAt, endedAt: new Date().toISOString() }, map };
}

/** Results of the points that had all their attempts. */
function wholePoints(results: readonly PointResult[], repeats: number): PointResult[] {
  const attempts = new Map<string, number>();
  for (const { point } of results) attempts.set(pointName(point), (attempts.get(pointName(point)) ?? 0) + 1);
  return results.filter(({ point }) => (attempts.get(pointName(point)) ?? 0) >= repeats);
}

function endOf(error: unknown, signal: AbortSignal): ExplorationEnd {
  if (signal.aborted)
    return { kind: 'failed', fault: new InterruptedError('INTERRUPTED', '').fault, message: 'Interrupted' };
  if (error instanceof SwapraceError) return { kind: 'failed', fault: error.fault, message: error.message };
  throw error;
}

export function explorationOf({ record, map }: EndedExploration): Exploration {
  return { spec: record.spec, end: record.end, map };
}
