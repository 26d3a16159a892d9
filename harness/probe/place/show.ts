// SPDX-License-Identifier: GPL-2.0-only
import type { Outline, ProbedVariant, ProbeVerdict, Seen, StepBrief, TrendFigure } from '../../model/probe.ts';
import { stepName } from '../../model/probe.ts';
import { isFinding, STEP_OUTCOMES } from '../../model/outcome.ts';
import type { Plot, Point, Section, SectionRow, ShownFinding } from '../../model/section.ts';
import { WORD } from '../../model/words.ts';
import { pointStatus } from '../point-status.ts';
import type { Instant, PlaceFinding } from './finding.ts';
import { shownBy, titleOf as titleOfOutcome } from './judge.ts';
import { joined, mapOf, type RaceMap } from './map.ts';
import { OUTCOME_KINDS, outcomeKey, type OutcomeKind } from './outcome.ts';
import { stepsOf } from './next.ts';
import { partsOf } from './power.ts';
import { raceOfWindow } from './race-plot.ts';
import type { PlaceArgs, PlaceSpec } from './spec.ts';
import { edgesOf, indexRange, LEGEND, nameRange, strip } from './strip.ts';
import {
  boundText,
  exploredText,
  frozenWaitsText,
  heldText,
  mapName,
  mapSentence,
  meaningOf,
  pathText,
  titleOf,
} from './words.ts';

type Placed = Seen<PlaceArgs, PlaceFinding>;

/** Columns of a strip in a report that is 99 wide, and of one that is drawn. */
const TEXT_COLUMNS = 48;
const DRAWN_COLUMNS = 240;

/** A variant of a probe with everything that is known of it. */
interface Shown {
  readonly verdict: ProbedVariant;
  readonly seen: readonly Placed[];
  readonly map: RaceMap | null;
}

/** Maps below each other: a line and a strip for each variant, then where each finding is held. */
export function showPlaced(probe: PlaceSpec, seen: readonly Placed[], verdict: ProbeVerdict): Section {
  const shown = verdict.variants.map((each): Shown => {
    const own = partsOf(seen.filter(({ step }) => step.variant === each.variant)).main;
    return {
      verdict: each,
      seen: own,
      map: mapOf(
        probe,
        each.variant,
        own.map(({ finding }) => finding),
      ),
    };
  });
  const maps = shown.flatMap(({ map }) => map ?? []);
  return {
    id: probe.id,
    title: titleOf(probe),
    blind: verdict.blind === null ? null : `the map of ${probe.control} does not show the bug`,
    rows: shown.map(rowOf),
    legend: maps.length === 0 ? [] : [`a letter a stretch of the path: ${LEGEND}; blank: not explored`],
    notes: notesOf(shown),
    prose: proseOf(probe),
    findings: shown.flatMap(findingsOf),
    plots: plotsOfMaps(probe, maps),
    points: shown.map(pointOf),
  };
}

function rowOf({ verdict, map }: Shown): SectionRow {
  const { variant, outcome, reason } = verdict;
  const cells = map === null ? [] : [`${map.exploredPoints} of ${map.pathPoints}`, `|${strip(map, TEXT_COLUMNS)}|`];
  const narrow = map === null ? [] : [exploredText(map)];
  if (map === null) return { variant, outcome, cells, narrow, remarks: [reason] };
  return { variant, outcome, cells, narrow, remarks: isFinding(outcome) ? placesOfFindings(map) : [reason] };
}

const BAD: ReadonlySet<OutcomeKind> = new Set(['oops', 'hang', 'corruption', 'inconclusive']);

/** What was found, once each with the functions between which it lies. */
function placesOfFindings(map: RaceMap): string[] {
  const places = new Map<string, string[]>();
  for (const window of map.windows) {
    const [worst] = window.outcomes;
    if (worst === undefined || !BAD.has(worst.kind)) continue;
    places.set(outcomeKey(worst), [...(places.get(outcomeKey(worst)) ?? []), nameRange(window)]);
  }
  return [...places].map(([key, ranges]) => `${key}: held at ${ranges.join(', ')}`);
}

/** What every report says next to the strips: length and end of each path, what repeats support, what is void. */
function notesOf(shown: readonly Shown[]): string[] {
  return shown.flatMap(({ verdict: { variant }, map, seen }) => {
    const strays = new Set(seen.flatMap(({ finding }) => finding.strays.map(({ title }) => title)));
    const frozen = map === null ? null : frozenWaitsText(map);
    return [
      ...(map === null ? [] : [`${variant}: ${heldText(map)}; ${pathText(map)}; ${boundText(map)}`]),
      ...(frozen === null ? [] : [`${variant}: ${frozen}`]),
      ...(map?.merged?.differences ?? []).map((difference) => `${variant}: merged points differ: ${difference}`),
      ...[...strays].map((title) => `${variant}: on a console, but at no point: ${title}`),
    ];
  });
}

function proseOf({ race: { words }, hold }: PlaceSpec): string[] {
  const how = hold === 'stall' ? 'its CPU frozen' : 'its CPU taken by a real-time thread';
  return [
    [
      `The ${words.operation} was brought to one instruction and held there, ${how},`,
      `while ${words.contender} did what it could; then all went on.`,
    ].join(' '),
    'A map is the path of one kernel from its anchor to its end; points that nobody explored say nothing.',
  ];
}

/** Each title of a variant once, with an example. */
function findingsOf({ verdict, seen }: Shown): ShownFinding[] {
  return verdict.signatures.map(({ title, count, target }) => {
    const step = seen.find(({ finding }) => finding.instants.some((instant) => shows(instant, title)));
    const outcome = step?.finding.instants
      .flatMap(({ outcomes }) => outcomes.map((each) => each.outcome))
      .find((each) => titleOfOutcome(each) === title);
    const splat =
      outcome?.kind === 'oops' && outcome.splat !== null ? (step?.finding.splats[outcome.splat] ?? null) : null;
    return {
      ...{ title, target, variant: verdict.variant, count, unit: verdict.unit },
      step: step === undefined ? '' : stepName(step.step),
      splat,
      lines:
        outcome?.kind === 'hang'
          ? Object.entries(outcome.backtraces).map(([thread, calls]) => `${thread}: ${calls.join(' < ')}`)
          : [],
    };
  });
}

function shows({ outcomes }: Instant, title: string): boolean {
  return outcomes.some(({ outcome }) => titleOfOutcome(outcome) === title);
}

/** Strips below each other, the worst window as a race, and the windows of each map; nothing where there is no map. */
export function plotsOfMaps(
  probe: Pick<PlaceSpec, 'path' | 'race'>,
  maps: readonly RaceMap[],
  nameOf: (map: RaceMap) => string = ({ variant }) => variant,
): Plot[] {
  if (maps.length === 0) return [];
  const kinds = new Set(maps.flatMap(({ windows }) => windows.flatMap(({ outcomes }) => outcomes[0]?.kind ?? [])));
  const meanings = OUTCOME_KINDS.filter((kind) => kinds.has(kind)).map(
    (kind) => `${kind}: ${meaningOf(kind, probe.race.words)}`,
  );
  const strips: Plot = {
    kind: 'strip',
    title: `Maps of ${probe.path}, from the anchor (left) to the path's end; ${meanings.join('; ')}`,
    rows: maps.map((map) => ({
      name: nameOf(map),
      text: exploredText(map),
      cells: strip(map, DRAWN_COLUMNS),
      title: mapSentence(map),
    })),
  };
  const worst = maps.flatMap((map) => {
    const window = map.windows.find(({ outcomes }) => BAD.has(outcomes[0]?.kind ?? 'ok'));
    return window === undefined ? [] : [raceOfWindow(map, window, probe.race.words)];
  });
  return [strips, ...worst.slice(0, 1), ...maps.map(windowTable)];
}

function windowTable(map: RaceMap): Plot {
  return {
    kind: 'table',
    title: `Windows of ${mapName(map)}`,
    head: ['instructions', 'held', 'outcomes', 'from, to'],
    rows: map.windows.map((window) => [
      indexRange(window),
      `${window.explored} of ${window.points}`,
      window.outcomes.map(outcomeKey).join(' | '),
      edgesOf(window).join(' .. '),
    ]),
  };
}

function pointOf({ verdict, seen, map }: Shown): Point {
  const { variant, outcome, reason } = verdict;
  const steps = seen.map(({ step }) => stepName(step));
  const splats = joined(seen.map(({ finding }) => finding)).splats;
  const said = map === null ? ['no map'] : [exploredText(map), pathText(map), boundText(map)];
  return {
    id: variant,
    ...pointStatus(verdict),
    details: [`${WORD[outcome]}: ${reason}`, ...said],
    splat: splats[0]?.text ?? null,
    steps,
  };
}

/** The share of explored instants that show each kind of finding. */
export function trendOfPlaced(_probe: PlaceSpec, _seen: readonly Placed[], { variants }: ProbeVerdict): TrendFigure[] {
  return variants.flatMap(({ variant, counts, signatures, unit }) => {
    const exposure = STEP_OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
    const figure = (name: string, count: number): TrendFigure => ({
      ...{ variant, name },
      value: { kind: 'rate', count, exposure, unit },
    });
    return [figure('target', counts.target), ...signatures.map(({ title, count }) => figure(title, count))];
  });
}

export function outlineOfPlaced(probe: PlaceSpec): Outline {
  const { id, path, hold, meanwhile, points, repeats, guests, variants, control, expect } = probe;
  const which =
    points.kind === 'every'
      ? `every ${points.count}th instruction`
      : points.kind === 'all'
        ? 'every instruction'
        : 'the first of every function';
  const times = `${repeats} times${guests === 1 ? '' : ` in ${guests} guests`}`;
  const steps = variants.length * stepsOf(probe).length;
  return {
    lines: [
      `${id}: place ${path}, ${hold} hold, ${meanwhile}, ${which}, ${times}`,
      ...variants.map((variant) => {
        const role = variant === control ? ', the control' : '';
        return `${variant}: expected ${expect[variant]?.accept.join(' or ') ?? 'nothing'}${role}`;
      }),
    ],
    least: steps,
    most: steps,
  };
}

/** What one step says by itself. */
export function briefOfPlaced(probe: PlaceSpec, seen: Placed): StepBrief {
  const { outcome, reason, signatures, map } = shownBy(probe, seen.step.variant, [seen]);
  const { without } = seen.step.args;
  if (without.length > 0) return briefOfMutant(seen, `without ${without.join(' and ')}: ${reason}`);
  return {
    outcome,
    words: reason,
    void: map === null,
    measured: map === null ? null : { value: map.exploredPoints, unit: 'points' },
    titles: signatures.map(({ title }) => title),
    splat: seen.finding.splats[0]?.text ?? null,
    cells: { points: map?.exploredPoints ?? 0, of: map?.pathPoints ?? 0, guests: seen.finding.guests },
  };
}

/** Of a kernel that lacks something it says nothing of the variant. */
function briefOfMutant({ finding: { instants, path, guests } }: Placed, words: string): StepBrief {
  return {
    outcome: 'ok',
    words,
    void: true,
    measured: null,
    titles: [],
    splat: null,
    cells: { points: instants.length, of: path?.points ?? 0, guests },
  };
}
