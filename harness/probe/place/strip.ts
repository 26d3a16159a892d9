// SPDX-License-Identifier: GPL-2.0-only
import { pointName } from '../../model/race-map.ts';
import type { RaceMap, RaceWindow } from './map.ts';
import { OUTCOME_KINDS, outcomeKey, type OutcomeKind } from './outcome.ts';
import { boundText, frozenWaitsText, mapName, mapSentence, pathText } from './words.ts';

const LETTERS: Readonly<Record<OutcomeKind, string>> = {
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
 * A path from its anchor (left) to its end, a letter a column: the worst of what its points came to. Between two
 * explored points of one window nothing else was found, and the letter goes on; so it does over points that a
 * neighbour stands for.
 */
export function strip(map: RaceMap, columns: number): string {
  const { windows, merged, pathPoints } = map;
  const width = Math.max(1, Math.min(columns, pathPoints));
  const reaches = windows.map((window, at) => {
    const next = windows[at + 1]?.first.index ?? pathPoints;
    // An instant of another guest's path may lie after the end of this one's.
    const to = Math.min(merged === null ? window.last.index : Math.max(next - 1, window.last.index), pathPoints - 1);
    return { window, from: Math.min(window.first.index, pathPoints - 1), to };
  });
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * pathPoints) / width);
    const to = Math.max(from, Math.floor(((column + 1) * pathPoints) / width) - 1);
    return letterOf(reaches.filter((reach) => reach.from <= to && reach.to >= from).map(({ window }) => window));
  }).join('');
}

function letterOf(windows: readonly RaceWindow[]): string {
  const kinds = new Set(windows.map(({ outcomes }) => outcomes[0]?.kind));
  const worst = OUTCOME_KINDS.find((kind) => kinds.has(kind));
  return worst === undefined ? UNEXPLORED : LETTERS[worst];
}

/** The whole map as text: sentence, strip, and a line for each window. */
export function mapText(map: RaceMap, columns = 72): string {
  const frozen = frozenWaitsText(map);
  return [
    mapSentence(map),
    `  ${map.anchor} |${strip(map, columns)}| ${map.pathEnd}`,
    ...map.windows.map(windowText),
    ...(map.merged?.differences ?? []).map((difference) => `  differs: ${difference}`),
    `  ${pathText(map)}`,
    `  ${boundText(map)}`,
    ...(frozen === null ? [] : [`  ${frozen}`]),
    '',
  ].join('\n');
}

/** `120-135`: the instructions of a window by their numbers. */
export function indexRange({ first, last }: RaceWindow): string {
  return first.index === last.index ? String(first.index) : `${first.index}-${last.index}`;
}

/** `f..g`: the instants between which a window lies. */
export function nameRange({ first, last }: RaceWindow): string {
  return pointName(first) === pointName(last) ? pointName(first) : `${pointName(first)}..${pointName(last)}`;
}

/** `func+0x12 (callee file:1 < caller file:2)`: the line table's view, inlined functions innermost first. */
export function edgesOf({ first, last, firstSource, lastSource }: RaceWindow): string[] {
  const edge = (name: string, source: RaceWindow['firstSource']): string =>
    source.length === 0
      ? name
      : `${name} (${source.map(({ func, location }) => `${func} ${location ?? '?'}`).join(' < ')})`;
  const [from, to] = [pointName(first), pointName(last)];
  return from === to ? [edge(from, firstSource)] : [edge(from, firstSource), edge(to, lastSource)];
}

function windowText(window: RaceWindow): string {
  const outcomes = window.outcomes.map(outcomeKey).join(' | ');
  const explored = `${indexRange(window).padStart(9)}  ${String(window.explored).padStart(4)} explored`;
  return `  ${explored}  ${outcomes}\n${' '.repeat(28)}${edgesOf(window).join(' .. ')}`;
}

/** Strips of several kernels below each other; each path is scaled to its own length. */
export function compareText(maps: readonly RaceMap[], columns = 60): string {
  const name = Math.max(0, ...maps.map((map) => mapName(map).length));
  const lines = maps.map((map) => `${mapName(map).padEnd(name)} |${strip(map, columns)}|`);
  return [...lines, LEGEND, ''].join('\n');
}
