// SPDX-License-Identifier: GPL-2.0-only
import type { CodePlace, ExploredPath, PathPoint, PointOutcome, PointResult } from '../../model/interleave.ts';
import { pointName } from '../../model/race-map.ts';
import type { Splat } from '../../model/splat.ts';
import type { FoundOutcome, Instant } from './finding.ts';

/** What attempts say, by where the thread really stood. */
export interface Held {
  /** In the path's order. */
  readonly instants: readonly Instant[];
  /** Points at which a hold was asked for. */
  readonly asked: number;
  /** Of these, those at which the thread stood elsewhere: the hold began where preemption came back on. */
  readonly deferred: number;
  /** Of these, those at which it was never held, or had ended its operation before: nothing met there. */
  readonly unheld: number;
  /** Examples of splats, one for each title and trace; outcomes name them by index. */
  readonly splats: readonly Splat[];
}

/** Groups attempts by the instant at which the thread was held. A finding is never left out. */
export function heldInstants(results: readonly PointResult[], path: ExploredPath): Held {
  const places = new PathPlaces(path.points);
  const splats = new SplatExamples();
  const instants = new Map<string, InstantBuilder>();
  const asked = new Map<string, Standing['kind'][]>();
  for (const result of results) {
    const standing = standingOf(result, places);
    const name = pointName(result.point);
    asked.set(name, [...(asked.get(name) ?? []), standing.kind]);
    if (standing.kind === 'nowhere') continue;
    const key = pointName(standing.point);
    const instant = instants.get(key) ?? new InstantBuilder(places.has(standing.point));
    instants.set(key, instant);
    instant.add(standing.point, result.outcome, splats);
  }
  const kinds = [...asked.values()];
  return {
    instants: [...instants.values()].map((instant) => instant.build()).sort((a, b) => a.point.index - b.point.index),
    asked: asked.size,
    deferred: kinds.filter((each) => !each.includes('asked') && each.includes('elsewhere')).length,
    unheld: kinds.filter((each) => each.every((kind) => kind === 'nowhere')).length,
    splats: splats.all,
  };
}

/** Where the thread stood in an attempt: where it was asked for, elsewhere, or not held at all. */
type Standing = { readonly kind: 'asked' | 'elsewhere'; readonly point: PathPoint } | { readonly kind: 'nowhere' };

function standingOf({ point, hold, landed, outcome }: PointResult, places: PathPlaces): Standing {
  const asked = { kind: 'asked', point: places.ofName(point) } as const;
  if (outcome.kind === 'inconclusive' || hold === 'stall') return asked;
  if (landed === null) return isFinding(outcome) ? asked : { kind: 'nowhere' };
  if (landed.address === point.address) return asked;
  return { kind: 'elsewhere', point: places.after(point, landed) };
}

function isFinding({ kind }: PointOutcome): boolean {
  return kind === 'oops' || kind === 'hang' || kind === 'corruption';
}

/** The path that a guest stepped last; other guests of the kernel may have gone along it a little differently. */
class PathPlaces {
  readonly #byName: ReadonlyMap<string, PathPoint>;
  readonly #byAddress = new Map<string, PathPoint[]>();

  constructor(points: readonly PathPoint[]) {
    this.#byName = new Map(points.map((point) => [pointName(point), point]));
    for (const point of points)
      this.#byAddress.set(point.address, [...(this.#byAddress.get(point.address) ?? []), point]);
  }

  has(point: PathPoint): boolean {
    return this.#byName.has(pointName(point));
  }

  /** The same point as this path counts it; a point that it lacks stays as another guest counted it. */
  ofName(point: PathPoint): PathPoint {
    return this.#byName.get(pointName(point)) ?? point;
  }

  /** The first time after a point that the path is at a place; where it never is, the place is next to the point. */
  after(asked: PathPoint, landed: CodePlace): PathPoint {
    const from = this.ofName(asked);
    const next = this.#byAddress.get(landed.address)?.find(({ index }) => index > from.index);
    return next ?? { index: from.index, ...landed, occurrence: 1 };
  }
}

class InstantBuilder {
  #point: PathPoint | null = null;
  readonly #outcomes = new Map<string, { outcome: FoundOutcome; attempts: number }>();

  constructor(private readonly onPath: boolean) {}

  /** A place off the path is after the last of the points whose holds were deferred to it. */
  add(point: PathPoint, outcome: PointOutcome, splats: SplatExamples): void {
    if (this.#point === null || point.index > this.#point.index) this.#point = point;
    const found = foundOutcome(outcome, splats);
    const key = JSON.stringify(found.kind === 'hang' ? { ...found, backtraces: null } : found);
    const same = this.#outcomes.get(key);
    this.#outcomes.set(key, { outcome: same?.outcome ?? found, attempts: (same?.attempts ?? 0) + 1 });
  }

  build(): Instant {
    if (this.#point === null) throw new Error('an instant without an attempt');
    return { point: this.#point, onPath: this.onPath, source: [], outcomes: [...this.#outcomes.values()] };
  }
}

function foundOutcome(outcome: PointOutcome, splats: SplatExamples): FoundOutcome {
  if (outcome.kind !== 'oops') return outcome;
  const { kind, signature, splat } = outcome;
  return { kind, signature, splat: splat === null ? null : splats.indexOf(splat) };
}

class SplatExamples {
  readonly all: Splat[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(splat: Splat): number {
    const trace = splat.frames
      .filter(({ reliable, isIp }) => reliable || isIp)
      .map(({ symbol, offset }) => [symbol, offset]);
    const key = JSON.stringify([splat.title, splat.type, splat.damaged, trace]);
    const index = this.#indexes.get(key) ?? this.all.push(splat) - 1;
    this.#indexes.set(key, index);
    return index;
  }
}
