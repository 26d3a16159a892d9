// SPDX-License-Identifier: GPL-2.0-only
import { FINDINGS, type StepOutcome } from '../../model/outcome.ts';
import type { LiveRun, ShownStep } from '../../model/shown.ts';
import { excerpt } from '../plain.ts';
import { several, WORD } from '../wording.ts';
import { html, Markup } from './markup.ts';
import { badge } from './overview.ts';
import { page } from './page.ts';

/** How often the page asks again; it needs no script for that. */
const REFRESH_SECONDS = 3;
/** Lines of the console of the step that is under way. */
const CONSOLE_LINES = 20;
/**
 * A step writes several lines a second and a build nothing for minutes; after this a run was probably ended from
 * outside.
 */
const PROBABLY_DEAD_SECONDS = 20 * 60;

/** A run that is under way: what is done, what is going on, and no judgement: that comes with the last step. */
export function livePage({ header, probes, titles, current, quietSeconds }: LiveRun): string {
  const isDead = quietSeconds > PROBABLY_DEAD_SECONDS;
  const done = probes.reduce((sum, { steps }) => sum + steps.length, 0);
  return page(
    `${header.plan.name}: ${header.id}`,
    html`<h1>${header.plan.name}: not finished</h1>
<p class="dim">Run ${header.id}, started ${header.startedAt.slice(0, 19).replace('T', ' ')} UTC. <a href="/">All runs</a></p>
<div class="verdict doubt"><strong>${isDead ? 'probably ended from outside' : 'under way'}</strong>, last written ${quietText(quietSeconds)} ago; ${several(done, 'step')} done. Verdicts come with the end.</div>
${currentPart({ header, current })}
${probes.map(
  ({ spec, steps }, at) => html`<h2>${titles[at] ?? spec.id}</h2>
<div class="lines">
${spec.variants.map((variant) =>
  variantLine(
    variant,
    steps.filter(({ step }) => step.variant === variant),
    variant in header.kernels,
  ),
)}</div>
`,
)}
${header.troubles.length === 0 ? null : html`<h2>Troubles</h2><ul>${header.troubles.map(({ variant, message }) => html`<li>${variant === null ? '' : `${variant}: `}${excerpt(message, { line: 500, total: 5000 })}</li>`)}</ul>`}
${current === null || current.console === null ? null : html`<h2>Console of ${current.name}</h2>\n<pre>${excerpt(lastLines(current.console.text), { line: 500, total: 20_000 })}</pre>`}
`,
    isDead ? {} : { refreshSeconds: REFRESH_SECONDS },
  );
}

/** What fits on a screen, newest last. */
function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-CONSOLE_LINES).join('\n');
}

function quietText(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function currentPart({ current, header }: Pick<LiveRun, 'current' | 'header'>): Markup {
  if (current === null)
    return html`<p>${Object.keys(header.kernels).length === 0 ? 'Kernels are being prepared.' : 'Between two steps.'}</p>`;
  return html`<p><b>${current.name}</b>: ${current.progress === '' ? 'begun' : current.progress}.</p>`;
}

function variantLine(variant: string, steps: readonly ShownStep[], isBuilt: boolean): Markup {
  const counts = new Map<StepOutcome, number>();
  for (const { brief } of steps) counts.set(brief.outcome, (counts.get(brief.outcome) ?? 0) + 1);
  const said = [...counts].map(([kind, count]) => `${count} ${kind === 'ok' ? 'without a finding' : WORD[kind]}`);
  const worst = FINDINGS.find((kind) => counts.has(kind));
  const figures = [...measured(steps), ...said, ...(isBuilt ? [] : ['no kernel yet'])].join(', ');
  return html`<div><b>${variant}</b><span>${worst === undefined ? null : badge(worst)}</span><span>${several(steps.length, 'step')}</span><span class="figures">${figures}</span></div>
`;
}

/** What the steps measured together. */
function measured(steps: readonly ShownStep[]): string[] {
  const sums = new Map<string, number>();
  for (const { brief } of steps) {
    if (brief.measured !== null)
      sums.set(brief.measured.unit, (sums.get(brief.measured.unit) ?? 0) + brief.measured.value);
  }
  return [...sums].map(([unit, value]) => `${value.toLocaleString('en-US')} ${unit}`);
}
