// SPDX-License-Identifier: GPL-2.0-only
import type { FigureTrend, LevelChange, RunSummary, Series, SignatureTrend, Tally } from '../model/history.ts';
import { align, cut, wrap } from './columns.ts';
import { oneLine } from './plain.ts';
import { several, WORD } from './wording.ts';

/** What stands next to every absolute figure. */
export const FIGURES_CAVEAT =
  'Figures: medians over the steps of a run; a ratio is to a control of the same run. Absolute figures mean nothing across hosts: another or a busier one moves them as well.';

/**
 * All runs of a results folder as text: each plan's series, what their signatures and figures do. Ends with a newline.
 */
export function historyText(runs: readonly RunSummary[], series: readonly Series[]): string {
  const last = runs.at(-1);
  if (last === undefined) return 'no finished run\n';
  const plans = [...new Set(series.map(({ plan }) => plan))];
  const heading = `${several(runs.length, 'run')}, ${runs[0]?.run ?? ''} to ${last.run}; the last one ended with status ${last.status}`;
  const parts = plans.map((plan) =>
    planLines(
      plan,
      series.filter((each) => each.plan === plan),
    ).join('\n'),
  );
  const caveat = series.some(({ figures }) => figures.length > 0) ? wrap(`(${FIGURES_CAVEAT})`, 1) : [];
  return `${[...wrap(heading, 2), '', parts.join('\n\n'), '', LEGEND, ...caveat].join('\n')}\n`;
}

function planLines(plan: string, series: readonly Series[]): string[] {
  const rows = align(series.map((each) => [`  ${each.probe}/${each.variant}`, strip(each), outcomesText(each)]));
  return [
    `plan ${plan}`,
    ...series.flatMap((each, index) => [
      cut((rows[index] ?? []).join('  ').trimEnd()),
      ...each.signatures.flatMap(trendLines),
      ...each.figures.flatMap(figureLines),
    ]),
  ];
}

const LETTERS = {
  target: '#',
  hang: 'H',
  'other-bug': 'o',
  inconclusive: '?',
  'not-reproduced': '-',
  closed: '.',
  measured: 'm',
} as const;
const LEGEND = `(${Object.entries(LETTERS)
  .map(([outcome, letter]) => `${letter} ${WORD[outcome as keyof typeof LETTERS]}`)
  .join(', ')})`;
const STRIP_RUNS = 30;

/** The outcome of each of the last runs, a letter each, the last one at the right. */
function strip({ points }: Series): string {
  return points
    .slice(-STRIP_RUNS)
    .map(({ outcome }) => LETTERS[outcome])
    .join('')
    .padStart(STRIP_RUNS);
}

function outcomesText({ points }: Series): string {
  const counts = new Map<string, number>();
  for (const { outcome } of points) counts.set(WORD[outcome], (counts.get(WORD[outcome]) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}

function trendLines(trend: SignatureTrend): string[] {
  return [
    ...wrap(`      ${trend.state}: ${oneLine(trend.title)}; ${trendText(trend)}`, 8),
    ...trend.changePoints.map(
      ({ run, before, after }) => `        from ${run} on: ${tallyText(before)} → ${tallyText(after)}`,
    ),
  ];
}

function figureLines(trend: FigureTrend): string[] {
  return [
    ...wrap(`      ${figureText(trend)}`, 8),
    ...trend.changePoints.map((change) => `        from ${change.run} on: ${changeText(trend, change)}`),
  ];
}

/** `write itself, to the control: last 1.4x, median 1.3x`. */
export function figureText(trend: FigureTrend): string {
  const { name, basis, last, median } = trend;
  if (last === null || median === null) return `${name}: no run has it`;
  const what = basis === 'ratio' ? `${name}, to the run’s control` : `${name}, absolute`;
  return `${what}: last ${amount(trend, last)}, median ${amount(trend, median)}`;
}

export function changeText(trend: FigureTrend, { before, after }: LevelChange): string {
  return `${amount(trend, before)} → ${amount(trend, after)}`;
}

function amount({ basis, unit }: FigureTrend, value: number): string {
  const digits = Number(value.toPrecision(3));
  return basis === 'ratio' ? `${digits}x` : `${digits} ${unit}`.trimEnd();
}

/** What the figures of a signature say, in one sentence. */
export function trendText({ runsSeen, total, last, rank, lastSeen, state }: SignatureTrend): string {
  const seen = `in ${several(runsSeen, 'run')}, ${tallyText(total)}`;
  const recent = state === 'new' || state === 'known' ? `last run ${tallyText(last)}` : `last seen ${lastSeen}`;
  const ranked = rank === null ? [] : [`a rate above ${rank.lower} and below ${rank.higher} of ${rank.of} runs before`];
  return [seen, recent, ...ranked].join('; ');
}

/** `3 in 1,500 exposed`. */
export function tallyText({ count, exposure }: Tally): string {
  return `${count} in ${exposure.toLocaleString('en-US')} exposed`;
}
