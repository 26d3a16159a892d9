// SPDX-License-Identifier: GPL-2.0-only
import type { RunRecord } from '../../model/trial.ts';
import { mapsOf } from '../map-words.ts';
import { excerpt } from '../plain.ts';
import type { StoredRun } from '../stored.ts';
import { findingsSection, QUOTE_LIMIT } from './findings.ts';
import { html, Markup } from './markup.ts';
import { overview } from './overview.ts';
import { folded, page } from './page.ts';
import { raceMapSection } from './race-maps.ts';
import { exposureSection } from './rates.ts';
import { survivalSection } from './survival.ts';

/** Consoles that a page holds at most; the run's folder has them all. */
const MOST_CONSOLES = 8;

/**
 * A run as one HTML file that needs nothing else: no script, no font, no request. The same run gives the same bytes.
 * Whatever a guest printed is text in it.
 */
export function reportHtml(stored: StoredRun): string {
  const { run } = stored;
  const body = html`${overview(run)}
${findingsSection(run)}
${raceMapSection(mapsOf(run))}
${survivalSection(run)}
${exposureSection(run)}
${kernelSection(run.record)}
${consoleSection(stored)}
${repeatSection(run.record)}
<footer>swaprace; every figure here follows from the raw files of run ${run.record.id} (swaprace audit recomputes them).</footer>
`;
  return page(`${run.record.plan.name}: ${run.record.id}`, body);
}

function kernelSection({ plan, kernels, versions, host }: RunRecord): Markup {
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

function consoleSection({ consoles }: StoredRun): Markup | null {
  if (consoles.size === 0) return null;
  const shown = [...consoles].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MOST_CONSOLES);
  const parts = shown.map(([trial, { text, omittedBytes }]) => {
    const before =
      omittedBytes === 0
        ? null
        : html`<p class="dim small">${omittedBytes.toLocaleString('en-US')} bytes before this are in the run's folder.</p>`;
    return folded(`Console of ${trial}`, html`${before}<pre>${excerpt(text, QUOTE_LIMIT)}</pre>`);
  });
  const rest = consoles.size - shown.length;
  return html`<h2 id="consoles">Consoles</h2>\n${parts}${rest === 0 ? null : html`<p class="dim small">${rest} more in the run's folder.</p>\n`}`;
}

function repeatSection({ commands, plan }: RunRecord): Markup | null {
  if (commands.length === 0) return null;
  return html`<h2 id="repeat">To repeat it</h2>\n<pre>${commands.join('\n')}</pre>\n<p class="dim small">Seed ${plan.seed}: the same plan, seed and kernels give the same trials.</p>\n`;
}
