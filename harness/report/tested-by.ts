// SPDX-License-Identifier: GPL-2.0-only
import type { RunResult } from '../model/verdict.ts';

/** Whether a run supports that somebody says "I tested this series, and it works". */
export type Support = { readonly supported: true } | { readonly supported: false; readonly why: string };

/**
 * What a run supports about one variant: it carries a series, and it was clean, significantly so under stress, under
 * every probe of the run; none of those probes was blind, and the run itself had no trouble.
 */
export function testedBySupport(variant: string, { record, verdict }: RunResult): Support {
  const no = (why: string): Support => ({ supported: false, why });
  if ((record.kernels[variant]?.series.length ?? 0) === 0) return no('it carries no series');
  if ([...record.plan.probes, ...record.plan.explorations].some(({ control }) => control === variant))
    return no('it is the control');
  const own = verdict.variants.filter((each) => each.variant === variant);
  const maps = verdict.maps.filter((each) => each.variant === variant);
  // A map shows points; that the bug is gone from what happens by itself takes stress.
  if (own.length === 0) return no('it was not tested under stress');
  const trouble = record.troubles.find((each) => each.variant === null || each.variant === variant);
  if (trouble !== undefined) return no('the run itself was in trouble');
  for (const { probe, outcome, expectation } of [...own, ...maps]) {
    if (verdict.blindProbes.includes(probe)) return no(`${probe} is blind`);
    if (outcome !== 'clean') return no(`${probe}: ${outcome}`);
    if (expectation.kind === 'missed' || expectation.kind === 'cannot-tell')
      return no(`${probe}: not as the plan expects`);
  }
  const weak = own.find(({ comparison }) => comparison === null || !comparison.significant);
  return weak === undefined ? { supported: true } : no(`${weak.probe}: not significant beside the control`);
}
