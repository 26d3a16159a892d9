// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { UsageError } from '../../model/errors.ts';
import { pointName } from '../../model/race-map.ts';
import type { Splat } from '../../model/splat.ts';
import type { FoundOutcome, Instant, PlaceFinding } from './finding.ts';
import { distinctOutcomes, outcomeKey } from './outcome.ts';
import { pathPoint, PLAIN_OUTCOMES } from './shapes.ts';
import { placeSpec, type PlaceSpec } from './spec.ts';

const text = z.string();
const count = z.number().int().nonnegative();

const source = z.strictObject({ func: text, location: text.nullable() }).readonly();

/** A stretch of consecutive instants with one set of outcomes. */
const raceWindow = z
  .strictObject({
    first: pathPoint,
    last: pathPoint,
    /** Points of the path from `first` to `last`, and those of them at which the thread was held. */
    points: count,
    explored: count,
    /** Distinct outcomes, worst first; more than one where repeats or instants disagree. */
    outcomes: z
      .array(
        z
          .discriminatedUnion('kind', [z.strictObject({ kind: z.literal('oops'), signature: text }), ...PLAIN_OUTCOMES])
          .readonly(),
      )
      .readonly(),
    /** Innermost first; empty where the kernel's line table says nothing. */
    firstSource: z.array(source).readonly(),
    lastSource: z.array(source).readonly(),
  })
  .readonly();
export type RaceWindow = z.infer<typeof raceWindow>;

const { race: _race, ...spec } = placeSpec.unwrap().shape;

/** What was found of one variant under one hold: a picture of its path. */
export const raceMap = z
  .strictObject({
    schema: z.literal(2),
    race: text,
    contender: text,
    variant: text,
    path: spec.path,
    meanwhile: spec.meanwhile,
    backend: spec.backend,
    hold: spec.hold,
    contenderTo: spec.contenderTo,
    /** The function at which the points begin; for entries the end of the stepped path, after which they do. */
    anchor: text,
    /** Why the path ends where it does. */
    pathEnd: text,
    /** Instructions of the stepped path or, after its end, entries of functions by a thread that is not held. */
    pointsAre: z.enum(['instructions', 'function entries']),
    /** Points that exist between the anchor and the path's end. */
    pathPoints: count,
    /** Instants at which the thread was held; and of the points asked for, those where it was held later, or never. */
    exploredPoints: count,
    asked: count,
    deferred: count,
    unheld: count,
    /** Fewest attempts at an instant, and the fresh guests over which all are spread. */
    attempts: count,
    guests: count,
    merged: z
      .strictObject({ represented: count, checked: count, differences: z.array(text).readonly() })
      .readonly()
      .nullable(),
    windows: z.array(raceWindow).readonly(),
  })
  .readonly();
export type RaceMap = z.infer<typeof raceMap>;

/** The map of a variant from all of its steps; null when none of them stepped the path. */
export function mapOf(probe: PlaceSpec, variant: string, findings: readonly PlaceFinding[]): RaceMap | null {
  const stepped = findings.filter(({ path }) => path !== null);
  const path = stepped.at(-1)?.path;
  if (path === undefined || path === null) return null;
  const { instants } = joined(stepped);
  const most = (of: (finding: PlaceFinding) => number): number => Math.max(...stepped.map(of));
  const attempts = instants.map(({ outcomes }) => outcomes.reduce((sum, each) => sum + each.attempts, 0));
  return {
    schema: 2,
    race: probe.race.name,
    contender: probe.race.words.contender,
    variant,
    path: probe.path,
    meanwhile: probe.meanwhile,
    backend: probe.backend,
    hold: probe.hold,
    contenderTo: probe.contenderTo,
    anchor: path.anchor,
    pathEnd: path.end,
    pointsAre: probe.entries === null ? 'instructions' : 'function entries',
    pathPoints: most((finding) => finding.path?.points ?? 0),
    exploredPoints: instants.length,
    asked: most(({ asked }) => asked),
    deferred: most(({ deferred }) => deferred),
    unheld: most(({ unheld }) => unheld),
    attempts: attempts.length === 0 ? 0 : Math.min(...attempts),
    guests: stepped.length,
    merged: joinedMerge(stepped),
    windows: windowsOf(instants),
  };
}

/** Instants of several guests by their names, in the path's order, and the splats that their outcomes name. */
export function joined(findings: readonly Pick<PlaceFinding, 'instants' | 'splats'>[]): {
  readonly instants: readonly Instant[];
  readonly splats: readonly Splat[];
} {
  const byName = new Map<string, Instant>();
  const splats: Splat[] = [];
  for (const finding of findings) {
    for (const instant of finding.instants) {
      const name = pointName(instant.point);
      const outcomes = instant.outcomes.map((each) => ({ ...each, outcome: renumbered(each.outcome, splats.length) }));
      const known = byName.get(name) ?? { ...instant, outcomes: [] };
      byName.set(name, { ...known, outcomes: [...known.outcomes, ...outcomes] });
    }
    splats.push(...finding.splats);
  }
  return { instants: [...byName.values()].sort((x, y) => x.point.index - y.point.index), splats };
}

function renumbered(outcome: FoundOutcome, by: number): FoundOutcome {
  return outcome.kind !== 'oops' || outcome.splat === null ? outcome : { ...outcome, splat: outcome.splat + by };
}

function joinedMerge(findings: readonly PlaceFinding[]): RaceMap['merged'] {
  const merged = findings.flatMap((finding) => finding.merged ?? []);
  if (merged.length === 0) return null;
  return {
    represented: Math.max(...merged.map(({ represented }) => represented)),
    checked: Math.max(...merged.map(({ checked }) => checked)),
    differences: [...new Set(merged.flatMap(({ differences }) => differences))],
  };
}

/** Joins neighbours with the same set of outcomes. */
export function windowsOf(instants: readonly Instant[]): RaceWindow[] {
  const windows: RaceWindow[] = [];
  for (const { point, source: place, outcomes: attempts } of instants) {
    const outcomes = distinctOutcomes(attempts.map(({ outcome }) => outcome)).map(withoutSplat);
    const last = windows.at(-1);
    if (last !== undefined && keys(last.outcomes) === keys(outcomes)) {
      const points = point.index - last.first.index + 1;
      windows.splice(-1, 1, { ...last, last: point, lastSource: place, points, explored: last.explored + 1 });
    } else {
      windows.push({
        first: point,
        last: point,
        points: 1,
        explored: 1,
        outcomes,
        firstSource: place,
        lastSource: place,
      });
    }
  }
  return windows;
}

function withoutSplat(outcome: FoundOutcome): RaceWindow['outcomes'][number] {
  return outcome.kind === 'oops' ? { kind: 'oops', signature: outcome.signature } : outcome;
}

function keys(outcomes: RaceWindow['outcomes']): string {
  return outcomes.map(outcomeKey).join('\n');
}

/**
 * Reads race maps from JSON: one, or a list of them.
 *
 * @param origin its file, for messages.
 * @throws UsageError `NOT_A_MAP` naming each key that is wrong.
 */
export function parseMaps(json: string, origin: string): RaceMap[] {
  const parsed = z.array(raceMap).safeParse([parseJson(json, origin)].flat());
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.slice(1).join('.') || 'the whole'}: ${message}`,
  );
  throw new UsageError('NOT_A_MAP', `${origin}: ${problems.slice(0, 5).join('; ')}`, {
    hint: 'interleave explore --json prints maps; one of an earlier release has to be explored again',
  });
}

function parseJson(json: string, origin: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new UsageError('NOT_A_MAP', `${origin}: ${(cause as Error).message}`, { cause });
  }
}
