// SPDX-License-Identifier: GPL-2.0-only
import type { VariantOutcome } from '../model/outcome.ts';
import type { ShownRun } from '../model/shown.ts';
import { WORD } from './wording.ts';

/** What a run says of a variant, whatever was done to it. */
export interface VariantLine {
  readonly variant: string;
  readonly outcome: VariantOutcome;
  /** Names of the probes that say so. */
  readonly by: string;
  /** What the other probes say; empty where all say the same. */
  readonly others: string;
}

/** A line for each variant of a run; none where a single probe was made, whose rows say it already. */
export function variantLines({ verdict }: ShownRun): VariantLine[] {
  if (verdict.probes.length < 2) return [];
  return verdict.variants.map(({ variant, outcome, probes }) => ({
    variant,
    outcome,
    by: probes.flatMap((each) => (each.outcome === outcome ? [each.probe] : [])).join(', '),
    others: probes
      .flatMap((each) => (each.outcome === outcome ? [] : [`${WORD[each.outcome]} by ${each.probe}`]))
      .join(', '),
  }));
}
