// SPDX-License-Identifier: GPL-2.0-only
import type { Plot } from '../../model/section.ts';
import { html } from './markup.ts';
import { page } from './page.ts';
import { plotPart } from './plots.ts';

/** Maps of several runs. */
export interface MapsPage {
  readonly notes: readonly string[];
  readonly plots: readonly Plot[];
  /** Which kernel each map is of: those of one variant may differ. */
  readonly kernels: readonly {
    readonly variant: string;
    readonly way: string;
    readonly explored: string;
    readonly kernel: string;
    readonly run: string;
  }[];
}

/** Maps of stored runs, one above the other, as one HTML file. */
export function mapsHtml({ notes, plots, kernels }: MapsPage): string {
  const rows = kernels.map(
    ({ variant, way, explored, kernel, run }) =>
      html`<tr><td>${variant}</td><td>${way}</td><td>${explored}</td><td class="mono">${kernel}</td><td class="mono">${run}</td></tr>\n`,
  );
  const table = html`<h2>Kernels</h2>
<div class="scroll"><table>
<tr><th>variant</th><th>explored</th><th>points</th><th>kernel</th><th>run</th></tr>
${rows}</table></div>
`;
  return page(
    'swaprace: race maps',
    html`<h1>Race maps</h1>
${notes.map((note) => html`<p class="notice doubt">${note}</p>\n`)}${plots.length === 0 ? html`<p class="dim">No map.</p>\n` : plots.map(plotPart)}${rows.length === 0 ? null : table}`,
  );
}
