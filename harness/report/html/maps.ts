// SPDX-License-Identifier: GPL-2.0-only
import type { Exploration } from '../../model/exploration.ts';
import { exploredText, notesOfMaps, wayOf, type StoredMapNotes } from '../map-words.ts';
import { html, Markup } from './markup.ts';
import { page } from './page.ts';
import { raceMapSection } from './race-maps.ts';

/** The maps of explorations that belong to no run, one above the other, as one HTML file. */
export function mapsHtml(stored: StoredMapNotes): string {
  const { explorations } = stored;
  const section = raceMapSection(explorations.flatMap(({ map }) => map ?? []));
  const kernels = explorations.length === 0 ? null : kernelTable(explorations);
  return page(
    'swaprace: race maps',
    html`<h1>Explorations</h1>
${notesOfMaps(stored).map((note) => html`<p class="notice doubt">${note}</p>\n`)}${section ?? html`<p class="dim">No map.</p>\n`}${kernels}`,
  );
}

/** Which kernel each map is of: those of one variant may differ. */
function kernelTable(explorations: readonly Exploration[]): Markup {
  const rows = explorations.flatMap(({ spec, map }) =>
    map === null
      ? []
      : [
          html`<tr><td>${spec.variant}</td><td>${wayOf(map)}</td><td>${exploredText(map)}</td><td class="mono">${spec.kernelId}</td></tr>\n`,
        ],
  );
  return html`<h2>Kernels</h2>
<div class="scroll"><table>
<tr><th>variant</th><th>explored</th><th>points</th><th>kernel</th></tr>
${rows}</table></div>
`;
}
