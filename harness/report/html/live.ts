// SPDX-License-Identifier: GPL-2.0-only
import type { JudgedTrial } from '../../model/verdict.ts';
import type { LiveRun } from '../live.ts';
import { excerpt } from '../plain.ts';
import { probeTitle } from '../text.ts';
import { several, WORD } from '../wording.ts';
import { html, Markup } from './markup.ts';
import { badge } from './overview.ts';
import { page } from './page.ts';

/** How often the page asks again; it needs no script for that. */
const REFRESH_SECONDS = 3;
/** Lines of the console of the trial that is under way. */
const CONSOLE_LINES = 20;
/**
 * A trial writes ten lines a second and a build nothing for minutes; after this a run was probably ended from outside.
 */
const PROBABLY_DEAD_SECONDS = 20 * 60;

/** A run that is under way: what is done, what is going on, and no judgement: that comes with the last trial. */
export function livePage(live: LiveRun): string {
  const { record, trials, maps, current, quietSeconds } = live;
  const isDead = quietSeconds > PROBABLY_DEAD_SECONDS;
  const refresh = isDead ? {} : { refreshSeconds: REFRESH_SECONDS };
  return page(
    `${record.plan.name}: ${record.id}`,
    html`<h1>${record.plan.name}: not finished</h1>
<p class="dim">Run ${record.id}, started ${record.startedAt.slice(0, 19).replace('T', ' ')} UTC. <a href="/">All runs</a></p>
<div class="verdict doubt"><strong>${isDead ? 'probably ended from outside' : 'under way'}</strong>, last written ${quietText(quietSeconds)} ago; ${several(trials.length, 'trial')}${maps === 0 ? '' : ` and ${several(maps, 'race map')}`} done. Verdicts come with the end.</div>
${currentPart(live)}
${record.plan.probes.map(
  (probe) => html`<h2>${probeTitle(probe)}</h2>
<div class="lines">
${probe.variants.map((variant) =>
  variantLine(
    variant,
    trials.filter(({ evidence: { spec } }) => spec.probe === probe.id && spec.variant === variant),
    variant in record.kernels,
  ),
)}</div>
`,
)}
${record.troubles.length === 0 ? null : html`<h2>Troubles</h2><ul>${record.troubles.map(({ variant, message }) => html`<li>${variant === null ? '' : `${variant}: `}${excerpt(message, { line: 500, total: 5000 })}</li>`)}</ul>`}
${current === null ? null : html`<h2>Console of ${current.id}</h2>\n<pre>${excerpt(lastLines(current.console.text), { line: 500, total: 20_000 })}</pre>`}
`,
    refresh,
  );
}

/** What fits on a screen, newest last. */
function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-CONSOLE_LINES).join('\n');
}

function quietText(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function currentPart({ current, exploring, record }: LiveRun): Markup {
  if (exploring !== null)
    return html`<p><b>${exploring.id}</b>: ${several(exploring.points, 'attempt')} at points of the path.</p>`;
  if (current === null)
    return html`<p>${Object.keys(record.kernels).length === 0 ? 'Kernels are being prepared.' : 'Between two trials.'}</p>`;
  if (current.exposure === null) return html`<p><b>${current.id}</b>: no counters yet, the guest boots.</p>`;
  const { exposedSwapoffs, swapoffs, swapIns, elapsedMs } = current.exposure;
  const figures = [
    `${exposedSwapoffs.toLocaleString('en-US')} exposed of ${several(swapoffs, 'swapoff')}`,
    several(swapIns, 'swap-in'),
    `${(elapsedMs / 1000).toFixed(1)} s`,
  ];
  return html`<p><b>${current.id}</b>: ${figures.join(', ')}.</p>`;
}

function variantLine(variant: string, trials: readonly JudgedTrial[], isBuilt: boolean): Markup {
  const counts = new Map<JudgedTrial['verdict']['kind'], number>();
  for (const { verdict } of trials) counts.set(verdict.kind, (counts.get(verdict.kind) ?? 0) + 1);
  const exposed = trials.reduce((sum, { evidence }) => sum + (evidence.exposure?.exposedSwapoffs ?? 0), 0);
  const said = [...counts]
    .map(([kind, count]) => `${count} ${kind === 'clean' ? 'without a finding' : WORD[kind]}`)
    .join(', ');
  const gravest = (['target', 'hang', 'other-bug'] as const).find((kind) => counts.has(kind));
  return html`<div><b>${variant}</b><span>${gravest === undefined ? null : badge(gravest)}</span><span>${several(trials.length, 'trial')}</span><span class="figures">${exposed.toLocaleString('en-US')} exposed${said === '' ? '' : `, ${said}`}${isBuilt ? '' : ', no kernel yet'}</span></div>
`;
}
