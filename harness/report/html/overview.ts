// SPDX-License-Identifier: GPL-2.0-only
import type { ExpectationResult, VariantOutcome } from '../../model/outcome.ts';
import type { ProbedVariant } from '../../model/probe.ts';
import type { RunHeader } from '../../model/run.ts';
import type { SectionRow } from '../../model/section.ts';
import type { ShownProbe, ShownRun } from '../../model/shown.ts';
import { MEANING, several, WORD } from '../wording.ts';
import { variantLines, type VariantLine } from '../variants.ts';
import { html, Markup } from './markup.ts';

const CLASS: Readonly<Record<VariantOutcome, 'bad' | 'good' | 'doubt'>> = {
  target: 'bad',
  hang: 'bad',
  'other-bug': 'doubt',
  'not-reproduced': 'good',
  closed: 'good',
  measured: 'good',
  inconclusive: 'doubt',
};

export function badge(outcome: VariantOutcome): Markup {
  return html`<span class="badge ${CLASS[outcome]}">${WORD[outcome]}</span>`;
}

/** What was run on what, what came of it, and a line for each variant. */
export function overview(run: ShownRun): Markup {
  const { header, verdict, probes } = run;
  const look = verdict.status === 0 ? 'good' : verdict.status === 1 ? 'bad' : 'doubt';
  const reasons =
    verdict.reasons.length === 0 ? null : html`<ul>${verdict.reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`;
  return html`<h1>${header.plan.name}: ${kernelsText(header)}</h1>
<p class="dim">${header.plan.describe}. Run ${header.id}, ${header.startedAt.slice(0, 16).replace('T', ' ')} UTC, on ${machineText(header)}.</p>
<div class="verdict ${look}"><strong>${MEANING[verdict.status]}</strong> (exit status ${verdict.status})${reasons}</div>
${summaryPart(variantLines(run))}${probes.map(probePart)}`;
}

/** Each variant once, before the probes. */
function summaryPart(lines: readonly VariantLine[]): Markup | null {
  if (lines.length === 0) return null;
  return html`<h3>Each variant, over all probes</h3>
<div class="lines">
${lines.map(
  ({ variant, outcome, by, others }) =>
    html`<div><b>${variant}</b>${badge(outcome)}<span>by ${by}</span><span class="figures">${others}</span></div>
`,
)}</div>
`;
}

function probePart({ section, verdict }: ShownProbe): Markup {
  const { title, blind, rows, notes } = section;
  return html`<h3>${title}</h3>
${blind === null ? null : html`<p class="notice bad">blind: ${blind}, so no absence below means anything</p>\n`}<div class="lines">
${rows.map((row) =>
  rowPart(
    row,
    verdict.variants.find(({ variant }) => variant === row.variant),
  ),
)}</div>
${notes.map((note) => html`<p class="dim small">${note}</p>\n`)}`;
}

function rowPart({ variant, outcome, cells }: SectionRow, verdict: ProbedVariant | undefined): Markup {
  const [first = '', ...rest] = cells;
  const isPlain = outcome === 'target' || outcome === 'measured';
  const why = verdict === undefined ? '' : whyText(isPlain ? '' : verdict.reason, expectationText(verdict.expectation));
  const figures = rest.filter((cell) => cell.trim() !== '').join(', ');
  return html`<div><b>${variant}</b>${badge(outcome)}<span>${first}</span><span class="figures">${figures}</span>${why === '' ? null : html`<span class="why">${why}</span>`}</div>
`;
}

/** The reason of an outcome and what the plan makes of it, which may quote the reason. */
function whyText(reason: string, expected: readonly string[]): string {
  const isQuoted = expected.some((text) => text.includes(reason));
  return [...(isQuoted ? [] : [reason]), ...expected].filter((text) => text !== '').join('; ');
}

function expectationText(expectation: ExpectationResult): string[] {
  switch (expectation.kind) {
    case 'met':
      return [];
    case 'known': {
      const seen = expectation.seen.map((outcome) => `known finding, seen again: ${WORD[outcome]}`);
      return [...seen, ...expectation.absent.map((outcome) => `known finding, not seen this time: ${WORD[outcome]}`)];
    }
    case 'missed':
      return [`not as expected: ${expectation.message}`];
    case 'inconclusive':
      return [`inconclusive: ${expectation.message}`];
  }
}

function kernelsText({ kernels }: RunHeader): string {
  const versions = [...new Set(Object.values(kernels).map(({ kernelVersion }) => kernelVersion))].sort();
  return versions.length === 0 ? 'no kernel' : `Linux ${versions.join(', ')}`;
}

function machineText({ accelerator, host }: RunHeader): string {
  const facts = [
    host['cpu'],
    host['cores'] === undefined ? undefined : several(Number(host['cores']), 'core'),
    host['system'],
  ];
  const known = facts.filter((fact) => fact !== undefined).join(', ');
  const guests = accelerator === null ? 'no accelerator' : accelerator.accelerator.toUpperCase();
  return known === '' ? guests : `${guests}; ${known}`;
}
