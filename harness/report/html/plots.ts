// SPDX-License-Identifier: GPL-2.0-only
import type { Plot } from '../../model/section.ts';
import { survivalCurve } from '../../stats/survival.ts';
import { html, Markup } from './markup.ts';
import { figure, legend, lineLook } from './plot.ts';
import { drawing } from './race.ts';
import { intervalPlot } from './rates.ts';
import { survivalPlot } from './survival.ts';

/** A picture of a section, drawn. */
export function plotPart(plot: Plot): Markup {
  switch (plot.kind) {
    case 'strip':
      return stripPart(plot);
    case 'race':
      return html`<h3>${plot.title}</h3>\n${drawing(plot.left, plot.right, plot.steps)}`;
    case 'survival': {
      const curves = plot.curves.map(({ name, events }) => ({
        variant: name,
        curve: survivalCurve(events.map(({ at, event }) => ({ seconds: at, crashed: event }))),
      }));
      return html`<h3>${plot.title}</h3>\n${survivalPlot(plot.caption, curves)}`;
    }
    case 'rates':
      return html`<h3>${plot.title}</h3>\n${intervalPlot(plot.caption, plot.axis, plot.rates)}`;
    case 'curves':
      return curvesPart(plot);
    case 'table':
      return tablePart(plot);
  }
}

/** What the letters of a strip look like; a blank is nothing. */
const LETTER_CLASS: Readonly<Record<string, string>> = {
  '#': 'oops',
  C: 'corruption',
  H: 'hang',
  '?': 'inconclusive',
  w: 'waited',
  r: 'refused',
  '.': 'ok',
};

function stripPart({ title, rows }: Extract<Plot, { kind: 'strip' }>): Markup {
  return html`<h3>${title}</h3>
<div class="strips">
${rows.map(
  ({ name, text, cells, title: label }) => html`<div><b>${name}</b></div>${strip(cells, label)}
<div class="note dim small">${text}</div>
`,
)}</div>
`;
}

/** Equal neighbours are one bar. */
function strip(cells: string, label: string): Markup {
  const bars = [...cells.matchAll(/(.)\1*/g)].flatMap((run) => {
    const look = LETTER_CLASS[run[1] ?? ''];
    return look === undefined
      ? []
      : [html`<rect class="o-${look}" x="${run.index}" y="0" width="${run[0].length}" height="10"/>`];
  });
  return html`<svg class="strip" viewBox="0 0 ${Math.max(1, cells.length)} 10" preserveAspectRatio="none" role="img" aria-label="${label}">${bars}</svg>`;
}

function curvesPart({ title, caption, x, y, log, curves }: Extract<Plot, { kind: 'curves' }>): Markup {
  const drawn = figure({
    caption,
    x: { type: log === 'x' || log === 'both' ? 'log' : 'value', name: x },
    y: { type: log === 'y' || log === 'both' ? 'log' : 'value', name: y },
    series: curves.map(({ points }, index) => ({
      type: 'line' as const,
      symbol: 'none',
      lineStyle: { ...lineLook(index), width: 2 },
      data: points.map(([at, value]) => [at, value]),
    })),
  });
  return html`<h3>${title}</h3>\n${legend(curves.map(({ name }) => name))}${drawn}`;
}

function tablePart({ title, head, rows }: Extract<Plot, { kind: 'table' }>): Markup {
  return html`<h3>${title}</h3>
<div class="scroll"><table>
<tr>${head.map((name) => html`<th>${name}</th>`)}</tr>
${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</table></div>
`;
}
