// SPDX-License-Identifier: GPL-2.0-only
import type { Frame } from '../../model/splat.ts';
import type { ShownRun } from '../../model/shown.ts';
import { excerpt } from '../plain.ts';
import { findingsOf, seenText, type Finding } from '../findings.ts';
import { html, Markup } from './markup.ts';
import { folded } from './page.ts';
import { raceOfSplat } from './race.ts';

/** What a splat or a console may take on a page. */
export const QUOTE_LIMIT = { line: 2000, total: 80_000 };

/** Every bug that was seen, decoded; the expected one as the race that it is. Null when nothing was seen. */
export function findingsPart(run: ShownRun): Markup | null {
  const findings = findingsOf(run);
  if (findings.length === 0) return null;
  return html`<h2 id="findings">What was seen</h2>\n${findings.map((finding) => findingPart(finding, run.header.plan.target.frames))}`;
}

function findingPart({ title, target, seen, step, splat, lines }: Finding, targetFrames: readonly string[]): Markup {
  return html`<h3><span class="badge ${target ? 'bad' : 'doubt'}">${target ? 'the expected bug' : 'not the expected bug'}</span> ${excerpt(title, QUOTE_LIMIT)}</h3>
<p class="dim">${seenText(seen)}; shown from ${step}${splat?.address === undefined || splat.address === null ? '' : `, address ${splat.address}`}</p>
${splat === null || !target ? null : raceOfSplat(splat, targetFrames)}${splat === null ? null : html`${folded('Call trace with source lines', traceTable(splat.frames))}${folded('As the kernel printed it', html`<pre>${excerpt(splat.text, QUOTE_LIMIT)}</pre>`)}`}${lines.length === 0 ? null : html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>\n`}`;
}

function traceTable(frames: readonly Frame[]): Markup {
  const rows = frames
    .filter((frame) => frame.reliable || frame.isIp)
    .flatMap((frame) => [
      ...frame.inlined.map(
        (inline) =>
          html`<tr><td class="mono">${inline.func} <span class="dim">inlined</span></td><td class="mono">${inline.location ?? ''}</td></tr>\n`,
      ),
      html`<tr><td class="mono">${frame.symbol}${frame.offset === null ? '' : `+0x${frame.offset.toString(16)}`}${frame.module === null ? '' : ` [${frame.module}]`}</td><td class="mono">${frame.location ?? ''}</td></tr>\n`,
    ]);
  return html`<div class="scroll"><table>\n${rows}</table></div>\n`;
}
