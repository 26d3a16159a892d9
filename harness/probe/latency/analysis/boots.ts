// SPDX-License-Identifier: GPL-2.0-only
import { stepName, type Seen } from '../../../model/probe.ts';
import { armsOf } from '../arms.ts';
import type { LatencyFinding } from '../finding.ts';
import type { LatencyArgs, LatencySpec } from '../spec.ts';
import type { AnalysedBoot, AnalysedPlan } from './arms-of-run.ts';

/** Of what is resampled: the same boots give the same figures, whatever the plan's seed. */
const ANALYSIS_SEED = 1;

/** A probe as its boots are analysed. */
export function analysedPlan(
  { variants, threshold }: Pick<LatencySpec, 'variants' | 'threshold'>,
  alpha: number,
): AnalysedPlan {
  return { arms: armsOf(variants), threshold, alpha, seed: ANALYSIS_SEED };
}

/** The boots of whole blocks: half of one, which a stopped run leaves, would not be balanced. */
export function analysedBoots(seen: readonly Seen<LatencyArgs, LatencyFinding>[]): AnalysedBoot[] {
  return wholeBlocks(seen).map(({ step, finding }) => ({
    id: stepName(step),
    arm: step.args.arm,
    block: step.args.block,
    result: finding.result,
  }));
}

/** Steps of blocks in which no arm is missing. */
export function wholeBlocks<S extends Seen<LatencyArgs, LatencyFinding>>(seen: readonly S[]): S[] {
  const made = new Map<number, number>();
  for (const { step } of seen) made.set(step.args.block, (made.get(step.args.block) ?? 0) + 1);
  return seen.filter(({ step: { args } }) => made.get(args.block) === args.of);
}
