// SPDX-License-Identifier: GPL-2.0-only
import type { KernelRecord } from '../model/kernel.ts';
import type { RunHeader } from '../model/run.ts';
import type { Section, SectionRow } from '../model/section.ts';
import type { ShownRun } from '../model/shown.ts';
import { align, cut, wrap, wrapCommand } from './columns.ts';
import { oneLine } from './plain.ts';
import { traceLines } from './trace.ts';
import { several, WORD } from './wording.ts';
import { findingsOf, seenText } from './findings.ts';
import { testedBySupport } from './tested-by.ts';
import { variantLines } from './variants.ts';

/** Mails to kernel lists keep lines below 75 columns, so that they can be quoted. */
export const MAIL_WIDTH = 72;

/** Findings that are shown with their trace; the list has the rest by title. */
const MOST_TRACES = 2;

export interface MailOptions {
  /** `Name <address>` of the person who sends it; without one there is no Tested-by line. */
  readonly testedBy?: string;
}

/**
 * A run as the body of a reply to a mailing list: plain text below 75 columns. With `testedBy`, a draft of a Tested-by
 * line for each series that the evidence supports, and the reason where it does not; the person decides.
 */
export function reportMail(run: ShownRun, { testedBy }: MailOptions = {}): string {
  const { header, probes } = run;
  const paragraphs = [
    fold(
      'Results of swaprace: kernels raced in QEMU guests, each judged by what its console said and by how often the race was really run.',
    ),
    [...seriesLines(header), ...environmentLines(header)],
    summaryLines(run),
    ...probes.map(({ section }) => [...fold(section.title), '', ...tableLines(section)]),
    ...[...new Set(probes.flatMap(({ section }) => section.prose))].map((text) => fold(text)),
    ...probes.flatMap(({ section, verdict }) =>
      verdict.blind === null
        ? []
        : [fold(`${section.id} is blind: ${verdict.blind}, so the absence of findings under it means nothing.`)],
    ),
    ...findingParagraphs(run),
    reasonLines(run),
    repeatLines(header),
    ...(testedBy === undefined ? [] : [testedByLines(run, testedBy)]),
  ];
  const text = paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
  return `${text
    .split('\n')
    .map((line) => cut(line.trimEnd(), MAIL_WIDTH))
    .join('\n')}\n`;
}

function fold(text: string, hang = 0): string[] {
  return wrap(oneLine(text), hang, MAIL_WIDTH);
}

/** `Base:` and what lies on it, then a line for each variant. */
function seriesLines({ kernels }: RunHeader): string[] {
  const bases = [...new Set(Object.values(kernels).map(baseOf))];
  const width = Math.max(0, ...Object.keys(kernels).map((id) => id.length));
  const variants = Object.entries(kernels).map(
    ([id, kernel]) => `  ${id.padEnd(width)}  ${kernel.series.map(({ name }) => name).join(' + ') || 'as it is'}`,
  );
  return [
    ...field('Base', bases.join('; ') || 'no kernel could be built'),
    ...(variants.length === 0 ? [] : ['Series, each on that base:', ...variants.map((line) => cut(line, MAIL_WIDTH))]),
  ];
}

function baseOf({ kernelVersion, source }: KernelRecord): string {
  const origin =
    source['commit'] ?? [source['package'], source['version']].filter((part) => part !== undefined).join(' ');
  return `Linux ${kernelVersion}${origin === '' ? '' : ` (${origin})`}`;
}

function environmentLines({ kernels, versions, accelerator, host, plan }: RunHeader): string[] {
  const compilers = [...new Set(Object.values(kernels).map(({ compiler }) => compiler ?? 'unknown'))];
  const configs = new Set(Object.values(kernels).map(({ configSha256 }) => configSha256));
  const fragments = [
    ...new Set(plan.variants.flatMap((variant) => variant.fragments.map((path) => baseName(path, '.config')))),
  ];
  const machine = [versions['qemu'], accelerator?.accelerator.toUpperCase()].filter((part) => part !== undefined);
  const facts = Object.entries(host).filter(([name]) => name !== 'loadAverage');
  return [
    ...field('Config', `${fragments.join(', ')} (${several(configs.size, '.config')})`),
    ...field('Built by', compilers.join('; ') || 'nothing'),
    ...field('Guests', machine.join(', ')),
    ...field('Host', facts.map(([name, value]) => `${name} ${value}`).join(', ')),
  ];
}

function field(name: string, value: string): string[] {
  const indent = 10;
  const lines = value === '' ? [] : wrap(oneLine(value), 0, MAIL_WIDTH - indent);
  return lines.map((line, index) => `${(index === 0 ? `${name}:` : '').padEnd(indent)}${line}`);
}

function baseName(path: string, suffix: string): string {
  const name = path.split('/').at(-1) ?? path;
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/** Each variant once, before the probes. */
function summaryLines(run: ShownRun): string[] {
  const lines = variantLines(run).flatMap(({ variant, outcome, by, others }) =>
    wrap(`  ${variant}: ${WORD[outcome]} by ${by}${others === '' ? '' : `; ${others}`}`, 6, MAIL_WIDTH),
  );
  return lines.length === 0 ? [] : ['Each variant, over all probes:', '', ...lines];
}

/** A row for each variant, its last cell below it where both do not fit on one line. */
function tableLines({ rows, notes }: Section): string[] {
  const cells = align(rows.map((row) => [row.variant, WORD[row.outcome], ...row.narrow.slice(0, -1)]));
  return [
    ...rows.flatMap((row, index) => rowLines(row, (cells[index] ?? []).join('  '))),
    ...notes.flatMap((note) => wrap(`  ${oneLine(note)}`, 4, MAIL_WIDTH)),
  ];
}

function rowLines({ narrow, remarks }: SectionRow, cells: string): string[] {
  const row = `  ${cells.trimEnd()}`;
  const last = narrow.at(-1) ?? '';
  const fits = row.length + last.length + 2 <= MAIL_WIDTH;
  return [
    fits && last !== '' ? `${row}  ${last}` : row,
    ...(fits || last === '' ? [] : [`      ${last}`]),
    ...remarks.flatMap((remark) => wrap(`      ${oneLine(remark)}`, 6, MAIL_WIDTH)),
  ];
}

function findingParagraphs(run: ShownRun): string[][] {
  const findings = findingsOf(run);
  const rest = findings.slice(MOST_TRACES).map(({ title, seen }) => `  ${oneLine(title)} (${seenText(seen)})`);
  return [
    ...findings
      .slice(0, MOST_TRACES)
      .map(({ title, target, seen, splat }) => [
        ...fold(`${target ? 'The bug' : 'Another finding'}, in ${seenText(seen)}:`),
        '',
        ...wrap(`  ${oneLine(title)}`, 4, MAIL_WIDTH),
        ...(splat === null ? [] : traceLines(splat)),
      ]),
    rest.length === 0 ? [] : ['Further:', ...rest],
  ];
}

function reasonLines({ verdict }: ShownRun): string[] {
  if (verdict.reasons.length === 0) return [];
  return ['Not as expected:', '', ...verdict.reasons.flatMap((reason) => wrap(`  ${oneLine(reason)}`, 4, MAIL_WIDTH))];
}

function repeatLines({ commands }: RunHeader): string[] {
  if (commands.length === 0) return [];
  return ['To repeat:', '', ...commands.flatMap((command) => wrapCommand(portable(command), 2, MAIL_WIDTH))];
}

/** A shipped plan by the path that it has in every clone. */
function portable(command: string): string {
  return command.replaceAll(/\S*\/(kernel-configs\/plans\/)/g, '$1');
}

function testedByLines(run: ShownRun, testedBy: string): string[] {
  const support = Object.keys(run.header.kernels).map((variant) => ({ variant, ...testedBySupport(variant, run) }));
  const good = support.flatMap((each) => (each.supported ? [each.variant] : []));
  if (good.length === 0) {
    const why = support.flatMap((each) => (each.supported ? [] : [`${each.variant}: ${each.why}`])).join('; ');
    return fold(`(No Tested-by: the evidence does not support one. ${why || 'No kernel was built'}.)`);
  }
  return [
    ...fold(`(Draft, for the series of ${good.join(' or of ')} only; yours to give or not.)`),
    '',
    `Tested-by: ${testedBy}`,
  ];
}
