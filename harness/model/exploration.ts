// SPDX-License-Identifier: GPL-2.0-only
import type { Fault } from './errors.ts';
import type { SwapBackend } from './guest.ts';
import type { HoldKind, PathPoint, PointChoice, PointRange, PointSample, RaceMap } from './interleave.ts';

/** One path of one kernel, explored one way. Whoever repeats it gets the same points. */
export interface ExplorationSpec {
  /** `<probe>-<variant>`, safe as a folder name. */
  readonly id: string;
  readonly probe: string;
  readonly variant: string;
  readonly kernelId: string;
  readonly buildId: string;
  readonly race: string;
  /** The operation of the race that is held. */
  readonly path: string;
  readonly backend: SwapBackend;
  readonly hold: HoldKind;
  /** The operation that goes on meanwhile. */
  readonly meanwhile: string;
  /** Where the contender is kept until the thread has gone on, `function+offset`; null lets it return. */
  readonly contenderTo: string | null;
  readonly points: PointChoice;
  readonly range: PointRange;
  /** So many of the chosen points at most; null takes them all. */
  readonly sample: PointSample | null;
  /**
   * Explores after the stepped part of the path instead: entries of these functions, or of those that the kernel's own
   * call graph has ahead of where the thread stands there. Null explores the stepped part.
   */
  readonly entries: readonly string[] | 'call graph' | null;
  /**
   * Leaves out points that a neighbour stands for, but for a tenth of them, which this seed chooses; null runs them
   * all.
   */
  readonly mergeSeed: string | null;
  /** Attempts at each point. */
  readonly repeats: number;
}

/** The path as it was stepped. */
export interface ExploredPath {
  /** Where its points begin: the name of a function, or for entries the end of the stepped path. */
  readonly anchor: string;
  /** Why it ends where it does. */
  readonly end: string;
  readonly points: readonly PathPoint[];
  /** For each point that is left out, by name, the one that stands for it; null where no points are merged. */
  readonly represented: Readonly<Record<string, string>> | null;
}

/** How an exploration came to its end. */
export type ExplorationEnd =
  | { readonly kind: 'completed' }
  /** It could not begin or not go on; `fault` says at whose door that lies. */
  | { readonly kind: 'failed'; readonly fault: Fault; readonly message: string };

/** What is kept of an exploration beside its path and its points. */
export interface ExplorationRecord {
  readonly spec: ExplorationSpec;
  readonly end: ExplorationEnd;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** An exploration and the map that its results make; null when not even the path could be stepped. */
export interface Exploration {
  readonly spec: ExplorationSpec;
  readonly end: ExplorationEnd;
  readonly map: RaceMap | null;
}

/** No further choice than the points'. */
export const WHOLE_PATH = {
  contenderTo: null,
  range: {},
  sample: null,
  entries: null,
  mergeSeed: null,
} as const satisfies Partial<ExplorationSpec>;
