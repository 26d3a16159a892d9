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
} from '../model/history.ts';
import { changePoints, levelChanges, total, type DatedTally } from '../stats/change-point.ts';
import { median } from '../stats/order.ts';

/** Earlier runs that the last one's rate is ranked among, at least. */
const FEWEST_RANKED = 10;

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
      changePoints: levelChanges(values),
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
  const changes = changePoints(tallies);
  return {
    title,
    target,
    state: stateOf(tallies, changes),
    firstSeen: seen[0]?.run ?? '',
    lastSeen: seen.at(-1)?.run ?? '',
    runsSeen: seen.length,
    total: total(tallies),
    last: { count: last.count, exposure: last.exposure },
    rank: rankOf(tallies, changes),
    changePoints: changes,
  };
}

/** What was seen is only gone where the runs since are another level. */
function stateOf(tallies: readonly DatedTally[], changes: readonly ChangePoint[]): SignatureState {
  const isThere = (tallies.at(-1)?.count ?? 0) > 0;
  if (isThere) return tallies.slice(0, -1).some(({ count }) => count > 0) ? 'known' : 'new';
  return changes.at(-1)?.after.count === 0 ? 'gone' : 'absent';
}

/** The last run among those since the last change point; null where they are few. */
function rankOf(tallies: readonly DatedTally[], changes: readonly ChangePoint[]): SignatureTrend['rank'] {
  const since = changes.at(-1)?.run;
  const from = since === undefined ? 0 : tallies.findIndex(({ run }) => run === since);
  const rates = tallies.slice(from).filter(({ exposure }) => exposure > 0);
  const last = rates.at(-1);
  const before = rates.slice(0, -1).map(({ count, exposure }) => count / exposure);
  if (last === undefined || last !== tallies.at(-1) || before.length < FEWEST_RANKED) return null;
  const rate = last.count / last.exposure;
  return {
    lower: before.filter((each) => each < rate).length,
    higher: before.filter((each) => each > rate).length,
    of: before.length,
  };
}
