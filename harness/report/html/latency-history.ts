// SPDX-License-Identifier: GPL-2.0-only
import type { LatencyPoint, LatencySeries } from '../../model/latency-history.ts';
import {
  durationText,
  exceedancesText,
  LATENCY_CAVEAT,
  latencyGroups,
  latencyTrendLines,
  ratioText,
} from '../latency-history-text.ts';
import { several } from '../wording.ts';
import { html, Markup } from './markup.ts';

/** Rows of a plan's table: the newest. */
const ROWS = 60;

type LinkOf = (run: string) => string;

/** The latency part of the index: what each variant's figures do, and the newest runs with links. */
export function latencyHistoryHtml(series: readonly LatencySeries[], linkOf: LinkOf): Markup | null {
  if (series.length === 0) return null;
  return html`${latencyGroups(series).map(({ title, series: own }) => groupPart(title, own, linkOf))}<p class="dim small">${LATENCY_CAVEAT}</p>\n`;
}

function groupPart(title: string, series: readonly LatencySeries[], linkOf: LinkOf): Markup {
  const rows = series.flatMap((each) =>
    each.points.map((point) => ({ point, isChange: changesOf(each).has(point.run) })),
  );
  const newest = rows.toSorted((a, b) => (a.point.run < b.point.run ? 1 : a.point.run > b.point.run ? -1 : 0));
  return html`<h2>${title}</h2>
<div class="series">
${series.map(
  (each) => html`<div><b>${each.arm}</b></div><div>${several(each.points.length, 'run')}</div>
<ul class="note small trends">${latencyTrendLines(each).map(({ text, changes }) => html`<li>${text}${changes.map((change) => html`<br><span class="badge doubt">changed</span> from <a href="${linkOf(change.run)}">${change.run}</a> on: ${change.text}`)}</li>\n`)}</ul>
`,
)}</div>
<div class="scroll"><table>
<tr><th>run</th><th>variant</th><th>boots</th><th>exceedances a swapoff</th><th>to no swapoff</th><th>swapoff</th><th>to the first variant</th></tr>
${newest.slice(0, ROWS).map(({ point, isChange }) => pointRow(point, isChange, linkOf))}</table></div>
${newest.length > ROWS ? html`<p class="dim small">${several(newest.length - ROWS, 'older line')} not listed.</p>\n` : null}`;
}

function changesOf({ exceedances, swapoffUs }: LatencySeries): Set<string> {
  return new Set([...exceedances.changePoints, ...swapoffUs.changePoints].map(({ run }) => run));
}

function pointRow(
  { run, arm, boots, exceedances, swapoffUs }: LatencyPoint,
  isChange: boolean,
  linkOf: LinkOf,
): Markup {
  const mark = isChange ? html` <span class="badge doubt">changed</span>` : null;
  return html`<tr><td class="mono"><a href="${linkOf(run)}">${run}</a></td><td>${arm}${mark}</td><td>${boots}</td><td>${exceedances === null ? '' : exceedancesText(exceedances.value)}</td><td>${ratioText(exceedances)}</td><td>${swapoffUs === null ? '' : durationText(swapoffUs.value)}</td><td>${ratioText(swapoffUs)}</td></tr>\n`;
}
