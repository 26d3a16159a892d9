import { pointCounts, isBad } from './map-words.ts';
import type { StoredRun } from './stored.ts';

/** Whether a run supports that somebody says "I tested this series, and it works". */
export type Support = { readonly supported: true } | { readonly supported: false; readonly why: string };

/**
 * What a run supports about one variant: it carries a series, and it was clean, significantly so, under every probe of
 * the run; none of those probes was blind, no map of it has a bad point, and the run itself had no trouble.
 */
export function testedBySupport(variant: string, { run, maps }: StoredRun): Support {
  const { record, verdict } = run;
  const no = (why: string): Support => ({ supported: false, why });
  if ((record.kernels[variant]?.series.length ?? 0) === 0) return no('it carries no series');
  if (record.plan.probes.some(({ control }) => control === variant)) return no('it is the control');
  const own = verdict.variants.filter((each) => each.variant === variant);
  if (own.length === 0) return no('it was not tested');
  const trouble = record.troubles.find((each) => each.variant === null || each.variant === variant);
  if (trouble !== undefined) return no('the run itself was in trouble');
  for (const { probe, outcome, comparison, expectation } of own) {
    if (verdict.blindProbes.includes(probe)) return no(`${probe} is blind`);
    if (outcome !== 'clean') return no(`${probe}: ${outcome}`);
    if (comparison === null || !comparison.significant) return no(`${probe}: not significant beside the control`);
    if (expectation.kind === 'missed' || expectation.kind === 'cannot-tell') return no(`${probe}: not as the plan expects`);
  }
  for (const map of maps.filter((each) => each.variant === variant)) {
    const bad = [...pointCounts(map).keys()].find(isBad);
    if (bad !== undefined) return no(`its race map has points with ${bad}`);
  }
  return { supported: true };
}
