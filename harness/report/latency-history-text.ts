// SPDX-License-Identifier: GPL-2.0-only
import type { LevelChange } from '../model/history.ts';
import type { LatencyFigure, LatencySeries, LatencyTrend } from '../model/latency-history.ts';
import { cut, wrap } from './columns.ts';
import { several } from './wording.ts';

/** What stands beside every absolute figure. */
export const LATENCY_CAVEAT =
  'Exceedances: wake-ups above the run’s own threshold within a swapoff’s horizon; medians over boots. Only runs of one plan under one accelerator with one threshold rule are compared. Absolute figures mean nothing across hosts: another or a busier one moves them as well. A ratio is to a control of the same run: exceedances to the arm without swapoff, swapoff’s mean duration to that of the first variant.';

/** Latency series as lines of text: each plan, accelerator and threshold, each variant, each figure. */
export function latencyHistoryLines(series: readonly LatencySeries[]): string[] {
  if (series.length === 0) return [];
  const parts = latencyGroups(series).map(({ title, series: own }) => [title, ...own.flatMap(seriesLines), '']);
  return [...parts.flat(), ...wrap(`(${LATENCY_CAVEAT})`, 1)];
}

/** Series that belong together, with a heading. */
export function latencyGroups(
  series: readonly LatencySeries[],
): { readonly title: string; readonly series: readonly LatencySeries[] }[] {
  const titles = new Map<string, LatencySeries[]>();
  for (const each of series) {
    const title = `latency, plan ${each.plan}, ${each.accelerator === 'none' ? 'no guest' : each.accelerator}, threshold ${each.threshold}`;
    titles.set(title, [...(titles.get(title) ?? []), each]);
  }
  return [...titles].map(([title, own]) => ({ title, series: own }));
}

function seriesLines(series: LatencySeries): string[] {
  const figures = latencyTrendLines(series).flatMap(({ text, changes }) => [
    ...wrap(`      ${text}`, 8),
    ...changes.map(({ run, text: change }) => cut(`        from ${run} on: ${change}`)),
  ]);
  return [cut(`  ${series.arm}  ${several(series.points.length, 'run')}`), ...figures];
}

export interface LatencyTrendLine {
  readonly text: string;
  readonly changes: readonly { readonly run: string; readonly text: string }[];
}

/** Both figures of a series, each in a sentence, with its change points. */
export function latencyTrendLines({ exceedances, swapoffUs, against }: LatencySeries): LatencyTrendLine[] {
  return [
    trendLine('exceedances a swapoff', exceedances, 'those without swapoff', exceedancesText),
    trendLine('swapoff itself', swapoffUs, `that of ${against ?? 'the first variant'}`, durationText),
  ];
}

function trendLine(
  label: string,
  { basis, last, median, changePoints }: LatencyTrend,
  control: string,
  absolute: (value: number) => string,
): LatencyTrendLine {
  if (last === null || median === null) return { text: `${label}: no run has it`, changes: [] };
  const amount = basis === 'ratio' ? factor : absolute;
  const what = basis === 'ratio' ? `${label}, to ${control}` : `${label}, absolute`;
  return {
    text: `${what}: last ${amount(last)}, median ${amount(median)}`,
    changes: changePoints.map((change) => ({ run: change.run, text: changeText(change, amount) })),
  };
}

function changeText({ before, after, p }: LevelChange, amount: (value: number) => string): string {
  return `${amount(before)} → ${amount(after)} (p ${p.toPrecision(1)})`;
}

/** `0.0475`. */
export function exceedancesText(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Of microseconds: `24.5 ms`. */
export function durationText(us: number): string {
  return `${Number((us / 1000).toPrecision(3))} ms`;
}

/** `1.41x`; nothing where there is nothing to divide by. */
export function ratioText(figure: LatencyFigure | null): string {
  return figure === null || figure.control === null || figure.control === 0
    ? ''
    : factor(figure.value / figure.control);
}

function factor(value: number): string {
  return `${Number(value.toPrecision(3))}x`;
}
