// SPDX-License-Identifier: GPL-2.0-only
import type { RunRecord } from '../../model/trial.ts';
import type { MapVerdict, RunResult, VariantOutcome, VariantVerdict } from '../../model/verdict.ts';
import { mapTitle } from '../map-section.ts';
import { exploredText } from '../map-words.ts';
import { probeTitle } from '../text.ts';
import { comparisonText, MEANING, several, WORD } from '../wording.ts';
import { html, Markup } from './markup.ts';
import { figuresText } from './rates.ts';

const CLASS: Readonly<Record<VariantOutcome, 'bad' | 'good' | 'doubt'>> = {
  target: 'bad',
  hang: 'bad',
  'other-bug': 'doubt',
  clean: 'good',
  measured: 'good',
  inconclusive: 'doubt',
};

export function badge(outcome: VariantOutcome): Markup {
  return html`<span class="badge ${CLASS[outcome]}">${WORD[outcome]}</span>`;
}

/** What was run on what, what came of it, and a line for each variant. */
export function overview(run: RunResult): Markup {
  const { record, verdict } = run;
  const look = verdict.status === 0 ? 'good' : verdict.status === 1 ? 'bad' : 'doubt';
  const reasons =
    verdict.reasons.length === 0 ? null : html`<ul>${verdict.reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`;
  return html`<h1>${record.plan.name}: ${kernelsText(record)}</h1>
<p class="dim">${record.plan.describe}. Run ${record.id}, ${record.startedAt.slice(0, 16).replace('T', ' ')} UTC, on ${machineText(record)}.</p>
<div class="verdict ${look}"><strong>${MEANING[verdict.status]}</strong> (exit status ${verdict.status})${reasons}</div>
${record.plan.probes.map(
  (probe) => html`<h3>${probeTitle(probe)}</h3>
${verdict.blindProbes.includes(probe.id) ? html`<p class="notice bad">blind: ${probe.control} did not crash, so no absence below means anything</p>\n` : null}<div class="lines">
${verdict.variants.filter((each) => each.probe === probe.id).map((each) => variantLine(each, probe.control))}</div>
`,
)}
${record.plan.explorations.map(
  (probe) => html`<h3>${mapTitle(probe)}</h3>
${verdict.blindProbes.includes(probe.id) ? html`<p class="notice bad">blind: the map of ${probe.control} does not show the bug, so no absence below means anything</p>\n` : null}<div class="lines">
${verdict.maps.filter((each) => each.probe === probe.id).map((each) => mapLine(each, run))}</div>
`,
)}`;
}

function kernelsText({ kernels }: RunRecord): string {
  const versions = [...new Set(Object.values(kernels).map(({ kernelVersion }) => kernelVersion))].sort();
  return versions.length === 0 ? 'no kernel' : `Linux ${versions.join(', ')}`;
}

function machineText({ accelerator, host }: RunRecord): string {
  const facts = [
    host['cpu'],
    host['cores'] === undefined ? undefined : several(Number(host['cores']), 'core'),
    host['system'],
  ];
  const known = facts.filter((fact) => fact !== undefined).join(', ');
  const guests = accelerator === null ? 'no accelerator' : accelerator.accelerator.toUpperCase();
  return known === '' ? guests : `${guests}; ${known}`;
}

function variantLine(verdict: VariantVerdict, control: string): Markup {
  const { variant, outcome, trials, expectation } = verdict;
  const all = Object.values(trials).reduce((sum, count) => sum + count, 0);
  const counted =
    outcome === 'clean' || outcome === 'inconclusive'
      ? several(all, 'trial')
      : `${trials[outcome]} of ${several(all, 'trial')}`;
  const beside = comparisonText(verdict, control);
  const why = whyText(outcome === 'target' || outcome === 'clean' ? '' : verdict.reason, expectation);
  return html`<div><b>${variant}</b>${badge(outcome)}<span>${counted}</span><span class="figures">${figuresText(verdict)}${beside === '' ? '' : `, ${beside}`}</span>${why === '' ? null : html`<span class="why">${why}</span>`}</div>
`;
}

function mapLine({ probe, variant, outcome, reason, expectation }: MapVerdict, { explorations }: RunResult): Markup {
  const map = explorations.find(({ spec }) => spec.probe === probe && spec.variant === variant)?.map ?? null;
  const why = whyText(outcome === 'clean' ? '' : reason, expectation);
  return html`<div><b>${variant}</b>${badge(outcome)}<span></span><span class="figures">${map === null ? 'no map' : exploredText(map)}</span>${why === '' ? null : html`<span class="why">${why}</span>`}</div>
`;
}

/** The reason of an outcome and what the plan makes of it, which may quote the reason. */
function whyText(reason: string, expectation: VariantVerdict['expectation']): string {
  const expected = expectationText(expectation);
  const isQuoted = expected.some((text) => text.includes(reason));
  return [...(isQuoted ? [] : [reason]), ...expected].filter((text) => text !== '').join('; ');
}

function expectationText(expectation: VariantVerdict['expectation']): string[] {
  switch (expectation.kind) {
    case 'met':
      return [];
    case 'known': {
      const seen = expectation.seen.map((outcome) => `known finding, seen again: ${WORD[outcome]}`);
      return [...seen, ...expectation.absent.map((outcome) => `known finding, not seen this time: ${WORD[outcome]}`)];
    }
    case 'missed':
      return [`not as expected: ${expectation.message}`];
    case 'cannot-tell':
      return [`cannot tell: ${expectation.message}`];
  }
}
