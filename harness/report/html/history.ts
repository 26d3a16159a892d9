// SPDX-License-Identifier: GPL-2.0-only
import type { FigureTrend, RunSummary, Series, SeriesPoint, SignatureTrend } from '../../model/history.ts';
import { OUTCOMES, type VariantOutcome } from '../../model/outcome.ts';
import { changeText, FIGURES_CAVEAT, figureText, tallyText, trendText } from '../history-text.ts';
import { several, WORD } from '../wording.ts';
import { html, Markup } from './markup.ts';
import { page } from './page.ts';

/** Runs that a strip shows, and rows of the list of runs. */
const STRIP_RUNS = 60;
const LISTED_RUNS = 200;

const STATE_CLASS = { new: 'bad', known: 'doubt', gone: 'good', absent: 'doubt' } as const;
const OUTCOME_CLASS: Readonly<Record<VariantOutcome, string>> = {
  target: 'oops',
  hang: 'hang',
  'other-bug': 'other',
  'not-reproduced': 'refused',
  closed: 'ok',
  measured: 'ok',
  inconclusive: 'inconclusive',
};

export interface HistoryPage {
  readonly runs: readonly RunSummary[];
  readonly series: readonly Series[];
  /** Address of a run's report, relative to the page. */
  readonly linkOf: (run: string) => string;
  /** Lines above everything else: runs that could not be read. */
  readonly notes?: readonly string[];
  /** Runs that were not finished, where the page is served. */
  readonly unfinished?: readonly { readonly run: string; readonly link: string }[];
  /** Maps that belong to no run, where the page is served. */
  readonly maps?: { readonly count: number; readonly link: string };
}

/**
 * The index across runs: each series as a strip of its runs' outcomes, what its signatures do, and all runs with links.
 */
export function historyHtml({ runs, series, linkOf, notes = [], unfinished = [], maps }: HistoryPage): string {
  const plans = [...new Set(series.map(({ plan }) => plan))];
  const last = runs.at(-1);
  return page(
    'swaprace: runs',
    html`<h1>Runs</h1>
<p class="dim">${last === undefined ? 'No finished run.' : `${several(runs.length, 'run')}; the last one, ${last.run}, ended with status ${last.status}.`}</p>
${maps === undefined || maps.count === 0 ? null : html`<p><a href="${maps.link}">${several(maps.count, 'race map')}</a> of explorations that belong to no run.</p>\n`}${notes.map((note) => html`<p class="notice doubt">${note}</p>\n`)}${unfinished.map(({ run, link }) => html`<p class="notice doubt">Not finished: <a href="${link}">${run}</a></p>\n`)}${series.length === 0 ? null : outcomeLegend(series)}${plans.map(
      (plan) =>
        planPart(
          plan,
          series.filter((each) => each.plan === plan),
          linkOf,
        ),
    )}${series.some(({ figures }) => figures.length > 0) ? html`<p class="dim small">${FIGURES_CAVEAT}</p>\n` : null}
${runs.length === 0 ? null : runTable(runs, linkOf)}
`,
  );
}

/** What the colours of the strips mean. */
function outcomeLegend(series: readonly Series[]): Markup {
  const shown = new Set(series.flatMap(({ points }) => points.map(({ outcome }) => outcome)));
  const items = OUTCOMES.filter((outcome) => shown.has(outcome)).map(
    (outcome) => html`<li><span class="key o-${OUTCOME_CLASS[outcome]}"></span>${WORD[outcome]}</li>`,
  );
  return html`<ul class="legend">${items}<li class="dim">a bar a run, the newest at the right; a line before a bar: a rate changed</li></ul>\n`;
}

function planPart(plan: string, series: readonly Series[], linkOf: HistoryPage['linkOf']): Markup {
  return html`<h2>${plan}</h2>
<div class="series">
${series.map(
  (each) => html`<div><b>${each.variant}</b> <span class="dim">${each.probe}</span></div>${strip(each, linkOf)}
${each.signatures.length + each.figures.length === 0 ? null : html`<ul class="note small trends">${each.signatures.map((trend) => trendItem(trend, linkOf))}${each.figures.map((trend) => figureItem(trend, linkOf))}</ul>\n`}`,
)}</div>
`;
}

function strip({ points, signatures }: Series, linkOf: HistoryPage['linkOf']): Markup {
  const changes = new Set(signatures.flatMap(({ changePoints }) => changePoints.map(({ run }) => run)));
  const older = points.length - STRIP_RUNS;
  const cells = points
    .slice(-STRIP_RUNS)
    .map(
      (point) =>
        html`<a class="cell o-${OUTCOME_CLASS[point.outcome]}${changes.has(point.run) ? ' change' : ''}" href="${linkOf(point.run)}" title="${cellTitle(point)}" aria-label="${cellTitle(point)}"></a>`,
    );
  return html`<div class="cells">${older > 0 ? html`<span class="dim small">${several(older, 'older run')}</span>` : null}${cells}</div>`;
}

function cellTitle({ run, outcome, trials, exposure, kernelId }: SeriesPoint): string {
  return `${run}: ${WORD[outcome]}, ${several(trials, 'trial')}, ${exposure.toLocaleString('en-US')} exposed, kernel ${kernelId ?? 'not built'}`;
}

function trendItem(trend: SignatureTrend, linkOf: HistoryPage['linkOf']): Markup {
  const points = trend.changePoints.map(
    ({ run, before, after }) =>
      html`<br>rate changed from <a href="${linkOf(run)}">${run}</a> on: ${tallyText(before)} → ${tallyText(after)}`,
  );
  return html`<li><span class="badge ${STATE_CLASS[trend.state]}">${trend.state}</span> ${trend.title}<br><span class="dim">${trendText(trend)}; first in <a href="${linkOf(trend.firstSeen)}">${trend.firstSeen}</a>${points}</span></li>\n`;
}

function figureItem(trend: FigureTrend, linkOf: HistoryPage['linkOf']): Markup {
  const changes = trend.changePoints.map(
    (change) =>
      html`<br><span class="badge doubt">changed</span> from <a href="${linkOf(change.run)}">${change.run}</a> on: ${changeText(trend, change)}`,
  );
  return html`<li>${figureText(trend)}${changes}</li>\n`;
}

function runTable(runs: readonly RunSummary[], linkOf: HistoryPage['linkOf']): Markup {
  const rows = [...runs]
    .reverse()
    .slice(0, LISTED_RUNS)
    .map(({ run, plan, status, startedAt, variants }) => {
      const look = status === 0 ? 'good' : status === 1 ? 'bad' : 'doubt';
      return html`<tr><td class="mono"><a href="${linkOf(run)}">${run}</a></td><td>${startedAt.slice(0, 16).replace('T', ' ')}</td><td>${plan}</td><td><span class="badge ${look}">${status}</span></td><td>${outcomes(variants.map(({ outcome }) => outcome))}</td></tr>\n`;
    });
  const older = runs.length - LISTED_RUNS;
  return html`<h2>All runs</h2>
<div class="scroll"><table>
<tr><th>run</th><th>started (UTC)</th><th>plan</th><th>status</th><th>variants</th></tr>
${rows}</table></div>
${older > 0 ? html`<p class="dim small">${several(older, 'older run')} not listed.</p>\n` : null}`;
}

function outcomes(all: readonly VariantOutcome[]): string {
  const counts = new Map<VariantOutcome, number>();
  for (const outcome of all) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} ${WORD[outcome]}`).join(', ');
}
