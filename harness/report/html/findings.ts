// SPDX-License-Identifier: GPL-2.0-only
import type { Frame } from '../../model/splat.ts';
import type { RunResult } from '../../model/verdict.ts';
import { findingsOf, type Finding } from '../findings.ts';
import { excerpt } from '../plain.ts';
import { several } from '../wording.ts';
import { html, Markup } from './markup.ts';
import { folded } from './page.ts';
import { raceOfSplat } from './race.ts';

/** What a splat or a console may take on a page. */
export const QUOTE_LIMIT = { line: 2000, total: 80_000 };

/** Every bug that was seen, decoded; the expected one as the race that it is. Null when nothing was seen. */
export function findingsSection(run: RunResult): Markup | null {
  const findings = findingsOf(run);
  if (findings.length === 0) return null;
  return html`<h2 id="findings">What was seen</h2>\n${findings.map((finding) => findingPart(finding, run.record.plan.target.frames))}`;
}

function findingPart(finding: Finding, targetFrames: readonly string[]): Markup {
  const { title, target, seen, trial, splat, threads } = finding;
  const where = seen.map(({ where: place, count }) => `${several(count, 'trial')} of ${place}`).join(', ');
  return html`<h3><span class="badge ${target ? 'bad' : 'doubt'}">${target ? 'the expected bug' : 'not the expected bug'}</span> ${excerpt(title, QUOTE_LIMIT)}</h3>
<p class="dim">${where}; shown from ${trial}${splat?.address === undefined || splat.address === null ? '' : `, address ${splat.address}`}</p>
${splat === null || !target ? null : raceOfSplat(splat, targetFrames)}${splat === null ? null : html`${folded('Call trace with source lines', traceTable(splat.frames))}${folded('As the kernel printed it', html`<pre>${excerpt(splat.text, QUOTE_LIMIT)}</pre>`)}`}${
    threads.length === 0
      ? null
      : html`<ul>${threads.map((thread) => html`<li>${thread.name}: in ${thread.operation} for ${(thread.stalledMs / 1000).toFixed(1)} s</li>`)}</ul>
`
  }`;
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
