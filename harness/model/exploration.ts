import type { Fault } from './errors.ts';
import type { SwapBackend } from './guest.ts';
import type { HoldKind, MeanwhileKind, PathPoint, PointChoice, PointRange, RaceMap } from './interleave.ts';
import type { KernelRecord } from './kernel.ts';
import type { InterleaveProbe } from './plan.ts';

/** One path of one kernel, explored one way. Whoever repeats it gets the same points. */
export interface ExplorationSpec {
  /** `<probe>-<variant>`, safe as a folder name. */
  readonly id: string;
  readonly probe: string;
  readonly variant: string;
  readonly kernelId: string;
  readonly buildId: string;
  /** Name of the path (harness/interleave/paths.ts). */
  readonly path: string;
  readonly backend: SwapBackend;
  readonly hold: HoldKind;
  readonly meanwhile: MeanwhileKind;
  readonly points: PointChoice;
  readonly range: PointRange;
  /** Attempts at each point. */
  readonly repeats: number;
}

/** The path as it was stepped. */
export interface ExploredPath {
  /** Name of the function at which it begins. */
  readonly anchor: string;
  /** Why it ends where it does. */
  readonly end: string;
  readonly points: readonly PathPoint[];
}

/** How an exploration came to its end. */
export type ExplorationEnd =
  | { readonly kind: 'completed' }
  /** It could not begin or not go on; `fault` says at whose door that lies. */
  | { readonly kind: 'failed'; readonly fault: Fault; readonly message: string };

/** An exploration and the map that its results make; null when not even the path could be stepped. */
export interface Exploration {
  readonly spec: ExplorationSpec;
  readonly end: ExplorationEnd;
  readonly map: RaceMap | null;
}

/** The exploration that a plan asks for under a probe, on a variant. */
export function plannedExploration(
  probe: InterleaveProbe,
  variant: string,
  kernel: Pick<KernelRecord, 'id' | 'buildId'>,
): ExplorationSpec {
  const { path, backend, hold, meanwhile, points, repeats } = probe;
  const id = `${probe.id}-${variant}`;
  return { id, probe: probe.id, variant, kernelId: kernel.id, buildId: kernel.buildId, path, backend, hold, meanwhile, points, range: {}, repeats };
}
