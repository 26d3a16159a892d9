// SPDX-License-Identifier: GPL-2.0-only
import type { PointOutcome, RaceMap, RaceWindow, SourceFrame } from '../model/interleave.ts';
import { countOutcomes, disagreeing, OUTCOME_KINDS, outcomeKey, pointName, reachOfWindows } from '../model/race-map.ts';
import { frozenWaitsText, mergedWords, voided, wayOf } from './map-words.ts';

const LETTERS: Readonly<Record<PointOutcome['kind'], string>> = {
  oops: '#',
  corruption: 'C',
  hang: 'H',
  inconclusive: '?',
  waited: 'w',
  refused: 'r',
  ok: '.',
};
const UNEXPLORED = ' ';

/** What the letters of a strip mean. */
export const LEGEND = OUTCOME_KINDS.map((kind) => `${LETTERS[kind]} ${kind}`).join('  ');

/**
 * A path from its anchor (left) to its end, a letter a column: the gravest of what its points came to. Between two
 * explored points of one window nothing else was found, and the letter goes on; so it does over points that a
 * neighbour stands for.
 */
export function strip(map: RaceMap, columns: number): string {
  const width = Math.max(1, Math.min(columns, map.pathPoints));
  const reaches = reachOfWindows(map);
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * map.pathPoints) / width);
    const to = Math.max(from, Math.floor(((column + 1) * map.pathPoints) / width) - 1);
    return letterOf(reaches.filter((reach) => reach.from <= to && reach.to >= from).map(({ window }) => window));
  }).join('');
}

function letterOf(windows: readonly RaceWindow[]): string {
  const kinds = new Set(windows.map((window) => window.outcomes[0]?.kind));
  const gravest = OUTCOME_KINDS.find((kind) => kinds.has(kind));
  return gravest === undefined ? UNEXPLORED : LETTERS[gravest];
}

/**
 * `weakened, fault on rotational, stall: 22 of 838 points, 18 oops, 0 hangs, …`: never without the points that exist.
 */
export function mapSentence(map: RaceMap): string {
  const counts = countOutcomes(map);
  const always = [`${counts.oops} oops`, `${counts.hang} hang`, `${counts.corruption} corruption`];
  const others = (['waited', 'refused', 'ok', 'inconclusive'] as const)
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${counts[kind]} ${kind}`);
  const differ = disagreeing(map);
  const sets = differ === 0 ? [] : [`repeats differ at ${differ}`];
  return `${voided(map)}${mapName(map)}: ${map.exploredPoints} of ${map.pathPoints} ${map.pointsAre === 'instructions' ? 'points' : map.pointsAre}${mergedWords(map)}, ${[...always, ...others, ...sets].join(', ')}`;
}

/** What tells maps apart: the kernel, and how it was explored. */
export function mapName(map: RaceMap): string {
  return `${map.variant}, ${wayOf(map)}`;
}

/** The whole map as text: sentence, strip, and a line for each window. */
export function mapText(map: RaceMap, columns = 72): string {
  const frozen = frozenWaitsText(map);
  return [
    mapSentence(map),
    `  ${map.anchor} |${strip(map, columns)}| ${map.pathEnd}`,
    ...map.windows.map(windowText),
    ...(map.merged?.differences ?? []).map((difference) => `  differs: ${difference}`),
    ...(frozen === null ? [] : [`  ${frozen}`]),
    '',
  ].join('\n');
}

function windowText({ first, last, explored, outcomes, firstSource, lastSource }: RaceWindow): string {
  const range = first.index === last.index ? String(first.index) : `${first.index}-${last.index}`;
  const edges =
    first.index === last.index
      ? edge(pointName(first), firstSource)
      : `${edge(pointName(first), firstSource)} .. ${edge(pointName(last), lastSource)}`;
  return `  ${range.padStart(9)}  ${String(explored).padStart(4)} explored  ${outcomes.map(outcomeKey).join(' | ')}\n${' '.repeat(28)}${edges}`;
}

/** `func+0x12 (callee file:1 < caller file:2)`: the line table's view, inlined functions innermost first. */
function edge(name: string, source: readonly SourceFrame[]): string {
  if (source.length === 0) return name;
  return `${name} (${source.map(({ func, location }) => `${func} ${location ?? '?'}`).join(' < ')})`;
}

/** Strips of several kernels below each other; each path is scaled to its own length. */
export function compareText(maps: readonly RaceMap[], columns = 60): string {
  const name = Math.max(0, ...maps.map((map) => mapName(map).length));
  const lines = maps.map((map) => `${mapName(map).padEnd(name)} |${strip(map, columns)}|`);
  return [...lines, LEGEND, ''].join('\n');
}
