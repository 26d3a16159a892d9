// SPDX-License-Identifier: GPL-2.0-only
import type { Exploration } from '../model/exploration.ts';
import type { RaceMap } from '../model/interleave.ts';
import type { InterleaveProbe } from '../model/plan.ts';
import { outcomeKey, pointName } from '../model/race-map.ts';
import type { MapVerdict, RunResult } from '../model/verdict.ts';
import { align, cut, wrap } from './columns.ts';
import { paintWord, type Paint } from './paint.ts';
import { LEGEND, strip } from './strip.ts';
import { backendText, WORD } from './wording.ts';

/**
 * The maps of a probe below each other: a line and a strip for each variant, then what the windows of the gravest are.
 */
export function mapSection(probe: InterleaveProbe, { verdict, explorations }: RunResult, paint: Paint): string[] {
  const verdicts = verdict.maps.filter((each) => each.probe === probe.id);
  const blind = verdict.blindProbes.includes(probe.id);
  const rows = align(verdicts.map((each) => mapCells(each, explorations)));
  return [
    ...wrap(mapTitle(probe), 2),
    ...(blind
      ? [
          `  ${paint('blind', 'bad')}: the map of ${probe.control} does not show the bug, so no absence below means anything`,
        ]
      : []),
    ...verdicts.flatMap((each, index) => [
      `  ${paintWord(cut((rows[index] ?? []).join('  ').trimEnd(), 97), each, paint)}`,
      ...mapRemark(each, mapOf(each, explorations)),
    ]),
    ...wrap(`  (a letter a stretch of the path: ${LEGEND}; blank where it was not looked)`, 2),
  ];
}

const STRIP_COLUMNS = 48;

/** What an interleave probe holds where, and against which control. */
export function mapTitle({ id, path, hold, meanwhile, points, backend, control }: InterleaveProbe): string {
  const which =
    points.kind === 'functions'
      ? 'the first instruction of every function'
      : points.kind === 'all'
        ? 'every instruction'
        : `every ${points.count}th instruction`;
  return `${id}: ${path} held by ${hold} at ${which}, ${meanwhile} meanwhile; swap on ${backendText(backend)}; control ${control}`;
}

function mapOf({ probe, variant }: MapVerdict, explorations: readonly Exploration[]): RaceMap | null {
  return explorations.find(({ spec }) => spec.probe === probe && spec.variant === variant)?.map ?? null;
}

function mapCells(verdict: MapVerdict, explorations: readonly Exploration[]): string[] {
  const map = mapOf(verdict, explorations);
  const label = `${verdict.variant}: ${WORD[verdict.outcome]}`;
  return map === null
    ? [label]
    : [label, `${map.exploredPoints} of ${map.pathPoints}`, `|${strip(map, STRIP_COLUMNS)}|`];
}

/** What was found, once each with the functions between which it lies; for a map without a finding what it lacks. */
function mapRemark({ outcome, reason }: MapVerdict, map: RaceMap | null): string[] {
  if (outcome === 'clean') return [];
  if (outcome === 'inconclusive' || map === null) return wrap(`      ${reason}`, 6);
  return findingsOfMap(map).flatMap((line) => wrap(`      ${line}`, 8));
}

function findingsOfMap(map: RaceMap): string[] {
  const places = new Map<string, string[]>();
  for (const { outcomes, first, last } of map.windows) {
    const [gravest] = outcomes;
    if (gravest === undefined || !['oops', 'hang', 'corruption', 'inconclusive'].includes(gravest.kind)) continue;
    const key = outcomeKey(gravest);
    const range = first.index === last.index ? pointName(first) : `${pointName(first)}..${pointName(last)}`;
    places.set(key, [...(places.get(key) ?? []), range]);
  }
  return [...places].map(([key, ranges]) => `${key}: held at ${ranges.join(', ')}`);
}
