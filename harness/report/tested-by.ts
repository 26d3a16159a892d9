// SPDX-License-Identifier: GPL-2.0-only
import type { ShownRun } from '../model/shown.ts';
import { WORD } from './wording.ts';

/** Whether a run supports that somebody says "I tested this series, and it works". */
export type Support = { readonly supported: true } | { readonly supported: false; readonly why: string };

/**
 * What a run supports about one variant: it carries a series, a probe with power closed it, and no probe of the run
 * found anything, or was inconclusive. None of those probes was blind, and the run itself had no trouble.
 */
export function testedBySupport(variant: string, { header, verdict, probes }: ShownRun): Support {
  const no = (why: string): Support => ({ supported: false, why });
  if ((header.kernels[variant]?.series.length ?? 0) === 0) return no('it carries no series');
  if (probes.some(({ spec }) => spec.control === variant)) return no('it is the control');
  const own = verdict.probes.flatMap(({ probe, blind, variants }) =>
    variants.filter((each) => each.variant === variant).map((each) => ({ probe, blind, ...each })),
  );
  if (header.troubles.some((each) => each.variant === null || each.variant === variant))
    return no('the run itself was in trouble');
  for (const { probe, blind, outcome, expectation } of own) {
    if (blind !== null) return no(`${probe} is blind`);
    if (outcome !== 'closed' && outcome !== 'not-reproduced') return no(`${probe}: ${WORD[outcome]}`);
    if (expectation.kind === 'missed' || expectation.kind === 'inconclusive')
      return no(`${probe}: not as the plan expects`);
  }
  // That the bug was not seen is no reason to believe that it is gone.
  return own.some(({ outcome }) => outcome === 'closed') ? { supported: true } : no('no probe closed it');
}
