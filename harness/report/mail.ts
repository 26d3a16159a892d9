// SPDX-License-Identifier: GPL-2.0-only
import type { KernelRecord } from '../model/kernel.ts';
import type { RunRecord } from '../model/trial.ts';
import type { RaceMap } from '../model/interleave.ts';
import { pointName } from '../model/race-map.ts';
import type { RunResult, VariantVerdict } from '../model/verdict.ts';
import { align, cut, wrap, wrapCommand } from './columns.ts';
import { findingsOf, type Finding } from './findings.ts';
import { mapTitle } from './map-section.ts';
import { exploredText, frozenWaitsText, mapsOf } from './map-words.ts';
import { oneLine } from './plain.ts';
import { testedBySupport } from './tested-by.ts';
import { probeTitle } from './text.ts';
import { traceLines } from './trace.ts';
import { comparisonText, rateText, several, WORD } from './wording.ts';

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
export function reportMail(run: RunResult, { testedBy }: MailOptions = {}): string {
  const { record, verdict } = run;
  const paragraphs = [
    fold(
      'Results of swaprace: swap-ins raced against swapoff() in QEMU guests, each kernel judged by what its console said and by how often the race was really run.',
    ),
    [...seriesLines(record), ...environmentLines(record)],
    ...record.plan.probes.map((probe) => [
      ...fold(probeTitle(probe)),
      '',
      ...tableLines(probe.id, probe.control, verdict.variants),
    ]),
    fold(
      "Rates are crashes an exposed swapoff (one overlapped by a swap-in in flight in another thread) with exact 95 % intervals. p is from Fisher's exact test, one-sided, against the control of the same run.",
    ),
    ...verdict.blindProbes.map((probe) =>
      fold(`${probe} is blind: its control did not crash, so the absence of crashes under it means nothing.`),
    ),
    ...findingParagraphs(run),
    ...mapParagraphs(run),
    reasonLines(run),
    repeatLines(record),
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
function seriesLines({ kernels }: RunRecord): string[] {
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

function environmentLines({ kernels, versions, accelerator, host, plan }: RunRecord): string[] {
  const compilers = [...new Set(Object.values(kernels).map(({ compiler }) => compiler ?? 'unknown'))];
  const configs = new Set(Object.values(kernels).map(({ configSha256 }) => configSha256));
  const fragments = [
    ...new Set(plan.variants.flatMap((variant) => variant.fragments.map((path) => baseName(path, '.config')))),
  ];
  const machine = [versions['qemu'], accelerator?.accelerator.toUpperCase()].filter((part) => part !== undefined);
  return [
    ...field('Config', `${fragments.join(', ')} (${several(configs.size, '.config')})`),
    ...field('Built by', compilers.join('; ') || 'nothing'),
    ...field('Guests', machine.join(', ')),
    ...field(
      'Host',
      Object.entries(host)
        .filter(([name]) => name !== 'loadAverage')
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ),
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

/** A row for each variant, its comparison below it where both do not fit on one line. */
function tableLines(probe: string, control: string, variants: readonly VariantVerdict[]): string[] {
  const own = variants.filter((each) => each.probe === probe);
  const rows = align(
    own.map((each) => [
      each.variant,
      WORD[each.outcome],
      trialsText(each),
      `${each.rate.exposure.toLocaleString('en-US')} exposed`,
      rateText(each.rate),
    ]),
  );
  return own.flatMap((each, index) => {
    const row = `  ${(rows[index] ?? []).join('  ').trimEnd()}`;
    const beside = comparisonText(each, control);
    const fits = row.length + beside.length + 2 <= MAIL_WIDTH;
    const why =
      each.outcome === 'target' || each.outcome === 'clean' ? [] : wrap(`      ${oneLine(each.reason)}`, 6, MAIL_WIDTH);
    return [
      fits && beside !== '' ? `${row}  ${beside}` : row,
      ...(fits || beside === '' ? [] : [`      ${beside}`]),
      ...why,
    ];
  });
}

function trialsText({ outcome, trials }: VariantVerdict): string {
  const all = Object.values(trials).reduce((sum, count) => sum + count, 0);
  return outcome === 'clean' || outcome === 'inconclusive' ? `${all}` : `${trials[outcome]} of ${all}`;
}

function findingParagraphs(run: RunResult): string[][] {
  const findings = findingsOf(run);
  const rest = findings.slice(MOST_TRACES).map(({ title, seen }) => `  ${oneLine(title)} (${seenText(seen)})`);
  return [
    ...findings
      .slice(0, MOST_TRACES)
      .map((finding) => [
        ...fold(`${finding.target ? 'The bug' : 'Another finding'}, in ${seenText(finding.seen)}:`),
        '',
        ...wrap(`  ${oneLine(finding.title)}`, 4, MAIL_WIDTH),
        ...(finding.splat === null ? [] : traceLines(finding.splat)),
      ]),
    rest.length === 0 ? [] : ['Further:', ...rest],
  ];
}

function seenText(seen: Finding['seen']): string {
  return seen.map(({ where, count }) => `${several(count, 'trial')} of ${where}`).join(', ');
}

/** What each interleave probe showed: a verdict a variant, and where what is bad was held. */
function mapParagraphs(run: RunResult): string[][] {
  return run.record.plan.explorations.map((probe) => [
    ...fold(mapTitle(probe)),
    '',
    ...run.verdict.maps
      .filter((each) => each.probe === probe.id)
      .flatMap(({ variant, outcome }) => {
        const map = mapsOf(run).find(
          (each) => each.variant === variant && each.path === probe.path && each.hold === probe.hold,
        );
        const frozen = map === undefined ? null : frozenWaitsText(map);
        return [
          ...wrap(`  ${variant}: ${WORD[outcome]}${map === undefined ? '' : `, ${exploredText(map)}`}`, 4, MAIL_WIDTH),
          ...(map === undefined ? [] : windowLines(map)),
          ...(frozen === null ? [] : wrap(`    (${frozen}.)`, 5, MAIL_WIDTH)),
        ];
      }),
  ]);
}

function windowLines({ windows }: RaceMap): string[] {
  return windows.flatMap(({ first, last, outcomes }) => {
    const gravest = outcomes[0];
    if (gravest === undefined || gravest.kind === 'ok' || gravest.kind === 'refused' || gravest.kind === 'waited')
      return [];
    return [`    ${gravest.kind}: ${pointName(first)} .. ${pointName(last)}`];
  });
}

function reasonLines({ verdict }: RunResult): string[] {
  if (verdict.reasons.length === 0) return [];
  return ['Not as expected:', '', ...verdict.reasons.flatMap((reason) => wrap(`  ${oneLine(reason)}`, 4, MAIL_WIDTH))];
}

function repeatLines({ commands }: RunRecord): string[] {
  if (commands.length === 0) return [];
  return ['To repeat:', '', ...commands.flatMap((command) => wrapCommand(portable(command), 2, MAIL_WIDTH))];
}

/** A shipped plan by the path that it has in every clone. */
function portable(command: string): string {
  return command.replaceAll(/\S*\/(kernel-configs\/plans\/)/g, '$1');
}

function testedByLines(run: RunResult, testedBy: string): string[] {
  const variants = Object.keys(run.record.kernels);
  const support = variants.map((variant) => ({ variant, ...testedBySupport(variant, run) }));
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
