// SPDX-License-Identifier: GPL-2.0-only
import type { RunSummary, Series, SignatureTrend } from '../model/history.ts';
import type { ProbedVariant } from '../model/probe.ts';
import type { ShownRun } from '../model/shown.ts';
import type { FreshFinding, NightRun } from '../report/night-text.ts';
import { changeText, trendText } from '../report/history-text.ts';
import { seriesOf } from '../results/trend.ts';

type Changes = Pick<NightRun, 'first' | 'fresh' | 'gone' | 'rates'>;

/**
 * What a run shows that the runs of its plan before it did not; pure. A finding that the plan expects of its variant is
 * none, whatever its title: a control crashes in another function now and then.
 */
export function changesOf(
  runs: readonly RunSummary[],
  series: readonly Series[],
  { header, verdict }: ShownRun,
): Changes {
  const own = series.filter(({ plan, points }) => plan === header.plan.name && points.at(-1)?.run === header.id);
  const earlier = seriesOf(runs.filter(({ run }) => run !== header.id));
  const before = ({ plan, probe, variant }: Series): readonly SignatureTrend[] =>
    earlier.find((each) => each.plan === plan && each.probe === probe && each.variant === variant)?.signatures ?? [];
  const judged = (each: Series): ProbedVariant | undefined =>
    verdict.probes.find(({ probe }) => probe === each.probe)?.variants.find(({ variant }) => variant === each.variant);
  return {
    first: own.length > 0 && own.every(({ points }) => points.length === 1),
    fresh: own.flatMap((each): FreshFinding[] => {
      const { probe, variant } = each;
      if (judged(each)?.expectation.kind !== 'missed') return [];
      return each.signatures
        .filter(({ state }) => state === 'new')
        .map(({ title, last: { count } }) => ({ probe, variant, title, count, again: null }));
    }),
    gone: own.flatMap((each) =>
      each.signatures
        .filter(
          ({ title, state }) => state === 'gone' && before(each).find((old) => old.title === title)?.state !== 'gone',
        )
        .map(({ title, ...trend }) => `${each.probe}/${each.variant}: ${title}; ${trendText({ title, ...trend })}`),
    ),
    rates: own.flatMap((each) => [
      ...each.signatures
        .filter(({ changePoints }) => changePoints.some(({ run }) => run === header.id))
        .map((trend) => `${each.probe}/${each.variant}: ${trend.title}; ${trendText(trend)}`),
      ...each.figures.flatMap((figure) =>
        figure.changePoints
          .filter(({ run }) => run === header.id)
          .map((change) => `${each.probe}/${each.variant}: ${figure.name} ${changeText(figure, change)}`),
      ),
    ]),
  };
}
