// SPDX-License-Identifier: GPL-2.0-only
import type { RunHeader } from '../../model/run.ts';
import type { ReportedRun, ShownProbe, StepConsole } from '../../model/shown.ts';
import { excerpt } from '../plain.ts';
import { QUOTE_LIMIT } from './findings.ts';
import { html, Markup } from './markup.ts';
import { folded, page } from './page.ts';
import { findingsPart } from './findings.ts';
import { overview } from './overview.ts';
import { plotPart } from './plots.ts';

/** Consoles that a page holds at most; the run's folder has them all. */
const MOST_CONSOLES = 8;

/**
 * A run as one HTML file that needs nothing else: no script, no font, no request. The same run gives the same bytes.
 * Whatever a guest printed is text in it.
 */
export function reportHtml({ run, consoles }: ReportedRun): string {
  const { header } = run;
  const body = html`${overview(run)}
${findingsPart(run)}
${run.probes.map(plotsPart)}
${kernelPart(header)}
${consolePart(consoles)}
${repeatPart(header)}
<footer>swaprace; every figure here follows from the raw files of run ${header.id} (swaprace audit recomputes them).</footer>
`;
  return page(`${header.plan.name}: ${header.id}`, body);
}

/** The pictures of a probe, and all of its steps. */
function plotsPart({ section, steps }: ShownProbe): Markup | null {
  if (section.plots.length === 0 && steps.length === 0) return null;
  return html`<h2 id="probe-${section.id}">${section.id}</h2>
${section.plots.map(plotPart)}${section.prose.map((text) => html`<p class="dim small">${text}</p>\n`)}${steps.length === 0 ? null : folded('Every step', stepTable(steps))}`;
}

function stepTable(steps: ShownProbe['steps']): Markup {
  const heads = Object.keys(steps[0]?.brief.cells ?? {});
  const rows = steps
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, end, brief: { outcome, words, cells } }) => {
      const own = heads.map((head) => cell(cells[head] ?? '–'));
      return html`<tr><td class="mono">${name}</td><td>${outcome}</td>${own}<td>${end.kind}${words === '' ? '' : `: ${words}`}</td></tr>\n`;
    });
  return html`<div class="scroll"><table>
<tr><th>step</th><th>outcome</th>${heads.map((head) => html`<th class="number">${head}</th>`)}<th>end</th></tr>
${rows}</table></div>
`;
}

function cell(value: string | number): Markup {
  return html`<td class="number">${typeof value === 'number' ? value.toLocaleString('en-US') : value}</td>`;
}

function kernelPart({ plan, kernels, versions, host }: RunHeader): Markup {
  const rows = plan.variants.map(({ id, describe }) => {
    const kernel = kernels[id];
    const built = kernel === undefined ? 'not built' : `${kernel.kernelVersion}, ${kernel.id}`;
    return html`<tr><td><b>${id}</b></td><td>${describe}</td><td class="mono">${kernel?.series.map(({ name }) => name).join(' + ') || 'as it is'}</td><td class="mono">${built}</td></tr>\n`;
  });
  const facts = { ...versions, ...host };
  return html`<h2 id="kernels">Kernels and machine</h2>
<div class="scroll"><table>
<tr><th>variant</th><th>what it models</th><th>series</th><th>kernel</th></tr>
${rows}</table></div>
${folded('Programs and host', html`<table>${Object.entries(facts).map(([name, value]) => html`<tr><td>${name}</td><td>${value}</td></tr>\n`)}</table>`)}${folded('Plan', html`<pre>${plan.text}</pre>`)}`;
}

function consolePart(consoles: readonly StepConsole[]): Markup | null {
  if (consoles.length === 0) return null;
  const shown = consoles.slice(0, MOST_CONSOLES);
  const parts = shown.map(({ step, file, text, omittedBytes }) => {
    const before =
      omittedBytes === 0
        ? null
        : html`<p class="dim small">${omittedBytes.toLocaleString('en-US')} bytes before this are in the run's folder.</p>`;
    const name = file === 'console.log' ? step : `${step}, ${file}`;
    return folded(`Console of ${name}`, html`${before}<pre>${excerpt(text, QUOTE_LIMIT)}</pre>`);
  });
  const rest = consoles.length - shown.length;
  return html`<h2 id="consoles">Consoles</h2>\n${parts}${rest === 0 ? null : html`<p class="dim small">${rest} more in the run's folder.</p>\n`}`;
}

function repeatPart({ commands, plan }: RunHeader): Markup | null {
  if (commands.length === 0) return null;
  return html`<h2 id="repeat">To repeat it</h2>\n<pre>${commands.join('\n')}</pre>\n<p class="dim small">Seed ${plan.seed}: the same plan, seed and kernels give the same steps.</p>\n`;
}
