// SPDX-License-Identifier: GPL-2.0-only
import { isFinding } from '../model/outcome.ts';
import type { ProbedVariant, RunVerdict } from '../model/probe.ts';
import type { RunHeader } from '../model/run.ts';
import type { Plot, Section } from '../model/section.ts';
import type { ShownRun } from '../model/shown.ts';
import { align, cut, wrap, wrapCommand } from './columns.ts';
import { paintWord, type Paint } from './paint.ts';
import { traceLines } from './trace.ts';
import { MEANING, several, WORD } from './wording.ts';
import { findingsOf, seenText, type Finding } from './findings.ts';
import { variantLines, type VariantLine } from './variants.ts';

const plain: Paint = (text) => text;

/** Traces that are shown in full; a report is to fit a screen. */
const MOST_TRACES = 3;

/**
 * A run as text, at most 99 columns wide: what was run on what, a line a variant, each kind of splat decoded once,
 * what was known and what was not expected, how to repeat it, and the exit status. Ends with a newline.
 *
 * @param paint colours words without changing their width; without it the text is plain.
 */
export function reportText(run: ShownRun, { paint = plain }: { readonly paint?: Paint } = {}): string {
  const { header, verdict } = run;
  const parts = [
    heading(header),
    summaryLines(variantLines(run), paint),
    ...run.probes.map(({ section }) => sectionLines(section, paint)),
    ...findingParts(findingsOf(run), paint),
    knownLines(verdict),
    reasonLines(verdict.reasons, paint),
    repeatLines(header),
    [paint(`exit status ${verdict.status}`, verdict.status === 0 ? 'good' : 'bad') + `: ${MEANING[verdict.status]}`],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function heading({ plan, planFile, id, kernels, accelerator, host }: RunHeader): string[] {
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

/** Each variant once, before the probes. */
function summaryLines(lines: readonly VariantLine[], paint: Paint): string[] {
  if (lines.length === 0) return [];
  const cells = align(
    lines.map(({ variant, outcome, by, others }) => [`${variant}: ${WORD[outcome]}`, `by ${by}`, others]),
  );
  return [
    'Each variant, over all probes:',
    ...lines.map((line, index) => `  ${paintWord(cut((cells[index] ?? []).join('  ').trimEnd(), 97), line, paint)}`),
  ];
}

/** One section by itself: of what no run has. */
export function sectionText(section: Section): string {
  return `${sectionLines(section, plain).join('\n')}\n`;
}

function sectionLines({ title, blind, rows, legend, notes, plots }: Section, paint: Paint): string[] {
  const cells = align(rows.map((row) => [`${row.variant}: ${WORD[row.outcome]}`, ...row.cells]));
  return [
    ...wrap(title, 2),
    ...(blind === null ? [] : [`  ${paint('blind', 'bad')}: ${blind}, so no absence below means anything`]),
    ...rows.flatMap((row, index) => [
      `  ${paintWord(cut((cells[index] ?? []).join('  ').trimEnd(), 97), row, paint)}`,
      ...row.remarks.flatMap((remark) => wrap(`      ${remark}`, 6)),
    ]),
    ...notes.flatMap((note) => wrap(`  ${note}`, 2)),
    ...plots.flatMap(plotLines),
    ...legend.flatMap((line) => wrap(`  ${line}`, 2)),
  ];
}

/** Of plots, tables are text; the others are for pages, and their figures are in rows and notes. */
function plotLines(plot: Plot): string[] {
  switch (plot.kind) {
    case 'table':
      return [
        ...wrap(`  ${plot.title}`, 4),
        ...align([plot.head, ...plot.rows]).map((row) => cut(`    ${row.join('  ').trimEnd()}`)),
      ];
    case 'strip':
    case 'survival':
    case 'rates':
    case 'curves':
    case 'race':
      return [];
  }
}

function findingParts(findings: readonly Finding[], paint: Paint): string[][] {
  const shown = findings.slice(0, MOST_TRACES).map((finding) => findingLines(finding, paint));
  const rest = findings
    .slice(MOST_TRACES)
    .flatMap(({ title, seen, step }) => wrap(`  ${title} (${seenText(seen)}, ${step})`, 4));
  return rest.length === 0 ? shown : [...shown, ['Further:', ...rest]];
}

function findingLines({ title, target, seen, step, splat, lines }: Finding, paint: Paint): string[] {
  const kind = target ? 'the expected bug' : 'not the expected bug';
  const address = splat?.address === null || splat === null ? '' : `, address ${splat.address}`;
  return [
    paint(cut(title), 'heading'),
    ...wrap(`  ${kind}: ${seenText(seen)}; shown from ${step}${address}`, 4),
    ...(splat === null ? [] : traceLines(splat)),
    ...lines.map((line) => cut(`  ${line}`)),
  ];
}

function knownLines({ probes }: RunVerdict): string[] {
  const lines = probes.flatMap(({ probe, variants }) =>
    variants.flatMap((variant) => knownTexts(variant).map((what) => `  ${probe}/${variant.variant}: ${what}`)),
  );
  return lines.length === 0 ? [] : ['Known findings of the plan:', ...lines];
}

function knownTexts({ expectation, counts, unit }: ProbedVariant): string[] {
  if (expectation.kind !== 'known') return [];
  return [
    ...expectation.seen.map((outcome) =>
      isFinding(outcome) ? `${WORD[outcome]}, seen in ${several(counts[outcome], unit)}` : WORD[outcome],
    ),
    ...expectation.absent.map((outcome) => `${WORD[outcome]}, not seen this time`),
  ];
}

function reasonLines(reasons: readonly string[], paint: Paint): string[] {
  if (reasons.length === 0) return [];
  return [paint('Not as expected:', 'bad'), ...reasons.flatMap((reason) => wrap(`  ${reason}`, 4))];
}

function repeatLines({ commands }: RunHeader): string[] {
  if (commands.length === 0) return [];
  return ['To repeat:', ...commands.flatMap((command) => wrapCommand(command, 2))];
}
