// SPDX-License-Identifier: GPL-2.0-only
import type { StressProbe } from '../model/plan.ts';
import type { Corruption, RunRecord } from '../model/trial.ts';
import type { RunResult, RunVerdict, VariantOutcome, VariantVerdict } from '../model/verdict.ts';
import { align, cut, wrap, wrapCommand } from './columns.ts';
import { findingsOf, type Finding } from './findings.ts';
import { mapSection } from './map-section.ts';
import { paintWord, type Paint } from './paint.ts';
import { traceLines } from './trace.ts';
import { backendText, comparisonText, MEANING, rateText, several, WORD } from './wording.ts';

const plain: Paint = (text) => text;

/** Traces that are shown in full; a report is to fit a screen. */
const MOST_TRACES = 3;

/**
 * A run as text, at most 99 columns wide: what was run on what, a line a variant, each kind of splat decoded once,
 * what was known and what was not expected, how to repeat it, and the exit status. Ends with a newline.
 *
 * @param paint colours words without changing their width; without it the text is plain.
 */
export function reportText(run: RunResult, { paint = plain }: { readonly paint?: Paint } = {}): string {
  const { record, verdict } = run;
  const sections = [
    heading(record),
    ...record.plan.probes.map((probe) => probeSection(probe, run, paint)),
    ...record.plan.explorations.map((probe) => mapSection(probe, run, paint)),
    ...findingSections(findingsOf(run), paint),
    knownSection(verdict),
    reasonSection(verdict.reasons, paint),
    repeatSection(record),
    [paint(`exit status ${verdict.status}`, verdict.status === 0 ? 'good' : 'bad') + `: ${MEANING[verdict.status]}`],
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}

function heading({ plan, planFile, id, kernels, accelerator, host }: RunRecord): string[] {
  const versions = [...new Set(Object.values(kernels).map((kernel) => kernel.kernelVersion))].sort();
  const linux = versions.length === 0 ? 'no kernel' : `Linux ${versions.join(', ')}`;
  const machine =
    accelerator === null ? 'no accelerator chosen' : `${accelerator.accelerator.toUpperCase()} (${accelerator.reason})`;
  const on = Object.entries(host)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  return [
    ...wrap(`${plan.name}: ${linux}; ${plan.variants.map((variant) => variant.id).join(', ')}`, 2),
    ...wrap(`on ${machine}${on === '' ? '' : `; ${on}`}`, 2),
    ...wrap(`run ${id}, plan ${planFile}, seed ${plan.seed}`, 2),
  ];
}

function probeSection(probe: StressProbe, { verdict }: RunResult, paint: Paint): string[] {
  const variants = verdict.variants.filter((variant) => variant.probe === probe.id);
  const blind = verdict.blindProbes.includes(probe.id);
  const rows = align(variants.map((variant) => variantCells(variant, probe.control)));
  return [
    ...wrap(probeTitle(probe), 2),
    ...(blind
      ? [`  ${paint('blind', 'bad')}: ${probe.control} did not crash, so no absence below means anything`]
      : []),
    ...variants.flatMap((variant, index) => [
      `  ${paintWord(cut((rows[index] ?? []).join('  ').trimEnd(), 97), variant, paint)}`,
      ...wrap(`      ${remark(variant)}`, 6).filter((line) => line.trim() !== ''),
    ]),
    '  (rate: crashes an exposed swapoff, exact 95 % interval; p: one-sided, against the control)',
  ];
}

/** What a probe does, on what machine, against which control. */
export function probeTitle({ id, workload, vcpus, memoryMiB, threads, pages, backend, control }: StressProbe): string {
  const race = `${workload} swap-in against swapoff, ${several(threads, 'thread')}, ${several(pages, 'page')}`;
  const machine = `${several(vcpus, 'vCPU')}, ${memoryMiB} MiB, swap on ${backendText(backend)}`;
  return `${id}: ${race}; ${machine}; control ${control}`;
}

function variantCells(verdict: VariantVerdict, control: string): string[] {
  const { variant, outcome, trials, rate } = verdict;
  return [
    `${variant}: ${WORD[outcome]}`,
    trialsText(outcome, trials),
    `${rate.exposure.toLocaleString('en-US')} exposed`,
    rateText(rate),
    comparisonText(verdict, control),
  ];
}

/** A finding counts the trials that showed it; an absence needs them all. */
function trialsText(outcome: VariantOutcome, trials: VariantVerdict['trials']): string {
  const all = several(
    Object.values(trials).reduce((sum, count) => sum + count, 0),
    'trial',
  );
  return outcome === 'clean' || outcome === 'inconclusive' ? all : `${trials[outcome]} of ${all}`;
}

/** What the columns leave unsaid. Reproduced and clean say everything. */
function remark({ outcome, reason }: VariantVerdict): string {
  switch (outcome) {
    case 'target':
    case 'clean':
    case 'measured':
      return '';
    case 'hang':
    case 'other-bug':
    case 'inconclusive':
      return reason;
  }
}

function findingSections(findings: readonly Finding[], paint: Paint): string[][] {
  const shown = findings.slice(0, MOST_TRACES).map((finding) => findingSection(finding, paint));
  const rest = findings
    .slice(MOST_TRACES)
    .flatMap((finding) => wrap(`  ${finding.title} (${seenText(finding)}, ${finding.trial})`, 4));
  return rest.length === 0 ? shown : [...shown, ['Further:', ...rest]];
}

function findingSection(finding: Finding, paint: Paint): string[] {
  const { title, target, trial, splat, threads, corruptions } = finding;
  const kind = target ? 'the expected bug' : 'not the expected bug';
  const address = splat?.address === null || splat === null ? '' : `, address ${splat.address}`;
  return [
    paint(cut(title), 'heading'),
    ...wrap(`  ${kind}: ${seenText(finding)}; shown from ${trial}${address}`, 4),
    ...(splat === null ? [] : traceLines(splat)),
    ...threads.map((thread) =>
      cut(`  ${thread.name}: in ${thread.operation} for ${(thread.stalledMs / 1000).toFixed(1)} s`),
    ),
    ...corruptions.map(corruptionLine),
  ];
}

function corruptionLine({ page, line, operation, expected, found }: Corruption): string {
  return cut(`  page ${page}, line ${line}, seen in ${operation}: ${expected} was written, ${found} came back`);
}

function seenText({ seen }: Finding): string {
  return seen.map(({ where, count }) => `${several(count, 'trial')} of ${where}`).join(', ');
}

function knownSection({ variants, maps }: RunVerdict): string[] {
  const lines = [
    ...variants.flatMap(({ trials, ...rest }) => knownLines(rest, (outcome) => several(trials[outcome], 'trial'))),
    ...maps.flatMap(({ points, ...rest }) => knownLines(rest, (outcome) => several(points[outcome], 'point'))),
  ];
  return lines.length === 0 ? [] : ['Known findings of the plan:', ...lines];
}

function knownLines(
  { probe, variant, expectation }: Pick<VariantVerdict, 'probe' | 'variant' | 'expectation'>,
  count: (outcome: VariantOutcome) => string,
): string[] {
  if (expectation.kind !== 'known') return [];
  const seen = expectation.seen.map((outcome) => `${WORD[outcome]}, seen in ${count(outcome)}`);
  const absent = expectation.absent.map((outcome) => `${WORD[outcome]}, not seen this time`);
  return [...seen, ...absent].map((what) => `  ${probe}/${variant}: ${what}`);
}

function reasonSection(reasons: readonly string[], paint: Paint): string[] {
  if (reasons.length === 0) return [];
  return [paint('Not as expected:', 'bad'), ...reasons.flatMap((reason) => wrap(`  ${reason}`, 4))];
}

function repeatSection({ commands }: RunRecord): string[] {
  if (commands.length === 0) return [];
  return ['To repeat:', ...commands.flatMap((command) => wrapCommand(command, 2))];
}
