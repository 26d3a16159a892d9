// SPDX-License-Identifier: GPL-2.0-only
import type { PathPoint, RaceMap, RaceWindow, SourceFrame } from '../../model/interleave.ts';
import { OUTCOME_KINDS, outcomeKey, reachOfWindows, pointName } from '../../model/race-map.ts';
import { exploredText, frozenWaitsText, isBad, OUTCOME_MEANING, wayOf } from '../map-words.ts';
import { html, Markup } from './markup.ts';
import { folded } from './page.ts';
import { raceOfWindow } from './race.ts';

/**
 * The race maps of a run, one above the other so that windows can be compared: every path from its anchor (left) to its
 * end, each scaled to its own length, coloured by the gravest outcome. Null when there is none.
 */
export function raceMapSection(maps: readonly RaceMap[]): Markup | null {
  if (maps.length === 0) return null;
  const worst = maps.flatMap((map) =>
    map.windows
      .filter(({ outcomes }) => isBad(outcomes[0]?.kind ?? 'ok'))
      .slice(0, 1)
      .map((window) => ({ map, window })),
  );
  return html`<h2 id="maps">Race maps</h2>
<p>The fault was brought to one instruction and held there while swapoff did what it could; then all went on. Each line is the path of the fault, from left to right; empty is where nothing was tried, pale where not every instruction of a stretch was.</p>
${outcomeLegend(maps)}<div class="strips">
${maps.map(strip)}</div>
${worst.slice(0, 1).map(({ map, window }) => html`<h3>${map.variant}, ${wayOf(map)}</h3>\n${raceOfWindow(map, window)}`)}
${maps.map((map) => folded(`Windows of ${map.variant}, ${wayOf(map)}`, windowTable(map)))}`;
}

function outcomeLegend(maps: readonly RaceMap[]): Markup {
  const shown = new Set(maps.flatMap((map) => map.windows.map(({ outcomes }) => outcomes[0]?.kind)));
  const items = OUTCOME_KINDS.filter((kind) => shown.has(kind)).map(
    (kind) => html`<li><span class="key o-${kind}"></span>${kind}: ${OUTCOME_MEANING[kind]}</li>`,
  );
  return html`<ul class="legend">${items}</ul>\n`;
}

/** Points are a pixel at least: a window of one instruction among thousands must not vanish. */
function strip(map: RaceMap): Markup {
  const frozen = frozenWaitsText(map);
  const width = 1000;
  const scale = width / Math.max(1, map.pathPoints);
  const bars = reachOfWindows(map).flatMap(({ window, ...reach }) => {
    const [gravest] = window.outcomes;
    if (gravest === undefined) return [];
    const span = Math.max(2, (reach.to - reach.from + 1) * scale);
    const from = Math.min(reach.from * scale, width - span);
    const opacity = window.explored < window.points && map.merged === null ? 0.55 : 1;
    return [
      html`<rect class="o-${gravest.kind}" x="${round(from)}" y="0" width="${round(span)}" height="10" opacity="${opacity}"><title>${window.first.func} to ${window.last.func}: ${outcomeKey(gravest)}</title></rect>`,
    ];
  });
  return html`<div><b>${map.variant}</b> <span class="dim">${wayOf(map)}</span></div><svg class="strip" viewBox="0 0 ${width} 10" preserveAspectRatio="none" role="img" aria-label="${map.variant}: ${exploredText(map)}">${bars}</svg>
<div class="note dim small">${exploredText(map)}; ${map.anchor} → ${map.pathEnd}${frozen === null ? null : html`<br>${frozen}`}</div>
`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function windowTable(map: RaceMap): Markup {
  const rows = map.windows.map(
    (window) =>
      html`<tr><td class="number">${range(window)}</td><td class="number">${window.explored} of ${window.points}</td><td>${window.outcomes.map((outcome, index) => html`${index > 0 ? html`<br>` : null}${outcomeKey(outcome)}`)}</td><td class="mono">${edge(window.first, window.firstSource)}${window.last.index === window.first.index ? null : html`<br>${edge(window.last, window.lastSource)}`}</td></tr>\n${backtraces(window)}`,
  );
  return html`<div class="scroll"><table>
<tr><th class="number">instructions</th><th class="number">tried</th><th>outcomes</th><th>from, to</th></tr>
${rows}</table></div>
`;
}

function range({ first, last }: RaceWindow): string {
  return first.index === last.index ? String(first.index) : `${first.index}..${last.index}`;
}

function edge(point: PathPoint, source: readonly SourceFrame[]): string {
  const name = pointName(point);
  const chain = source.map(({ func, location }) => `${func} ${location ?? '?'}`).join(' < ');
  return chain === '' ? name : `${name} (${chain})`;
}

/** Where the threads of a hang were. */
function backtraces({ outcomes }: RaceWindow): Markup[] {
  return outcomes.flatMap((outcome) => {
    if (outcome.kind !== 'hang') return [];
    return Object.entries(outcome.backtraces).map(
      ([thread, calls]) =>
        html`<tr><td></td><td></td><td colspan="2" class="mono small">${thread}: ${calls.join(' < ')}</td></tr>\n`,
    );
  });
}
