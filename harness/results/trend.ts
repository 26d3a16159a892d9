// SPDX-License-Identifier: GPL-2.0-only
import type {
  ChangePoint,
  FigureSummary,
  FigureTrend,
  RunSummary,
  Series,
  SeriesPoint,
  SignatureState,
  SignatureTrend,
  Tally,
} from '../model/history.ts';
import { changePoints, levelChanges, total, type DatedTally } from '../stats/change-point.ts';
import { median } from '../stats/order.ts';
import { fisherLower } from '../stats/exact.ts';

/** Below this a difference between runs is spoken of. Many signatures are looked at, every night. */
export const TREND_ALPHA = 0.01;

/** The same plan, probe and variant across runs, in the order of their last run's plan; `runs` oldest first. */
export function seriesOf(runs: readonly RunSummary[]): Series[] {
  const groups = new Map<string, { plan: string; points: SeriesPoint[] }>();
  for (const { run, startedAt, plan, variants } of runs) {
    for (const variant of variants) {
      const key = JSON.stringify([plan, variant.probe, variant.variant]);
      const group = groups.get(key) ?? { plan, points: [] };
      group.points.push({ run, startedAt, ...variant });
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ plan, points }) => {
    const { probe, variant } = points[0] as SeriesPoint;
    return { plan, probe, variant, points, signatures: trendsOf(points), figures: figuresOf(points) };
  });
}

function figuresOf(points: readonly SeriesPoint[]): FigureTrend[] {
  const names = new Map(points.flatMap(({ figures }) => figures.map(({ name, unit }) => [name, unit] as const)));
  return [...names].map(([name, unit]) => {
    const known = points.flatMap(({ run, figures }) => {
      const figure = figures.find((each) => each.name === name);
      return figure === undefined || figure.absolute === null ? [] : [{ run, figure }];
    });
    const basis = known.length > 0 && known.every(({ figure }) => figure.ratio !== null) ? 'ratio' : 'absolute';
    const values = known.map(({ run, figure }) => ({ run, value: (figure as Whole)[basis] }));
    return {
      ...{ name, unit, basis, last: values.at(-1)?.value ?? null },
      median: values.length === 0 ? null : median(values.map(({ value }) => value)),
      changePoints: levelChanges(values, TREND_ALPHA),
    };
  });
}

type Whole = FigureSummary & { readonly ratio: number; readonly absolute: number };

function trendsOf(points: readonly SeriesPoint[]): SignatureTrend[] {
  const titles = new Map<string, boolean>();
  for (const { signatures } of points) {
    for (const { title, target } of signatures) titles.set(title, target || (titles.get(title) ?? false));
  }
  return [...titles]
    .map(([title, target]) => trendOf(title, target, points))
    .sort((a, b) => Number(b.target) - Number(a.target) || (a.title < b.title ? -1 : 1));
}

function trendOf(title: string, target: boolean, points: readonly SeriesPoint[]): SignatureTrend {
  const tallies = points.map(({ run, exposure, signatures }): DatedTally => {
    const count = signatures.find((signature) => signature.title === title)?.count ?? 0;
    // A crash is within an exposure even where its counters were lost.
    return { run, count, exposure: Math.max(exposure, count) };
  });
  const seen = tallies.filter(({ count }) => count > 0);
  const last = tallies.at(-1) as DatedTally;
  const changes = changePoints(tallies, TREND_ALPHA);
  return {
    title,
    target,
    state: stateOf(tallies),
    firstSeen: seen[0]?.run ?? '',
    lastSeen: seen.at(-1)?.run ?? '',
    runsSeen: seen.length,
    total: total(tallies),
    last: { count: last.count, exposure: last.exposure },
    change: lastChange(tallies, changes),
    changePoints: changes,
  };
}

function stateOf(tallies: readonly DatedTally[]): SignatureState {
  const lastSeen = tallies.findLastIndex(({ count }) => count > 0);
  if (lastSeen === tallies.length - 1) return tallies.slice(0, -1).some(({ count }) => count > 0) ? 'known' : 'new';
  const p = lower(total(tallies.slice(lastSeen + 1)), total(tallies.slice(0, lastSeen + 1)));
  return p < TREND_ALPHA ? 'gone' : 'absent';
}

/** The last run and those before it that had one rate; null where there is nothing to compare. */
function lastChange(tallies: readonly DatedTally[], changes: readonly ChangePoint[]): SignatureTrend['change'] {
  const since = changes.at(-1)?.run;
  const from = since === undefined ? 0 : tallies.findIndex(({ run }) => run === since);
  const before = total(tallies.slice(from, -1));
  const last = total(tallies.slice(-1));
  if (before.count === 0 || before.exposure === 0 || last.exposure === 0) return null;
  const isHigher = last.count / last.exposure > before.count / before.exposure;
  const p = Math.min(1, 2 * (isHigher ? lower(before, last) : lower(last, before)));
  return p < TREND_ALPHA ? { direction: isHigher ? 'higher' : 'lower', p } : null;
}

/** Fisher's exact test, one-sided: as few events in `a` as it has, were the rates equal. */
function lower(a: Tally, b: Tally): number {
  return fisherLower({ events: a.count, exposure: a.exposure }, { events: b.count, exposure: b.exposure });
}
