// SPDX-License-Identifier: GPL-2.0-only
import type { Arm, LatencyBudget, LatencyPlan, PlannedBoot } from '../../model/latency.ts';
import type { PrimaryAnalysis } from './analysis/analyse.ts';
import { seededRandom, shuffled } from '../../model/random.ts';

/** Names of the controls that every plan has, behind the variant whose kernel they boot. */
const NULL_SUFFIX = '=null';
const QUIET_SUFFIX = '=quiet';
const STOP_SUFFIX = '=stop';

/**
 * The arms of a plan: its variants, then the first of them again under another name (the null pair), without
 * swapoff, and with a machine that is stopped on purpose.
 */
export function armsOf(variants: readonly string[]): Arm[] {
  const first = variants[0] as string;
  return [
    ...variants.map((variant): Arm => ({ id: variant, role: 'variant', variant, mode: 'swapoff' })),
    { id: first + NULL_SUFFIX, role: 'null', variant: first, mode: 'swapoff' },
    { id: first + QUIET_SUFFIX, role: 'quiet', variant: first, mode: 'quiet' },
    { id: first + STOP_SUFFIX, role: 'stop', variant: first, mode: 'stop' },
  ];
}

/** One block: every arm once, in an order that the plan's seed decides, so that a host that drifts does so for all. */
export function blockOf({ arms, seed }: Pick<LatencyPlan, 'arms' | 'seed'>, block: number): PlannedBoot[] {
  // Block and position make the seed of a boot; arms of one block share the times of their swapoffs.
  const blockSeed = (Math.imul(seed, 1_000_003) + block) >>> 1;
  return shuffled(arms, seededRandom(blockSeed)).map(({ id }) => ({
    id: `${String(block).padStart(3, '0')}-${id}`,
    block,
    arm: id,
    seed: blockSeed,
  }));
}

/** Why a run makes no further block; null when it goes on. `blocks` were made in `elapsedSeconds`. */
export function reasonToEnd(
  { minBoots, maxBoots, seconds, precision }: LatencyBudget,
  {
    blocks,
    elapsedSeconds,
    analysis,
  }: { readonly blocks: number; readonly elapsedSeconds: number; readonly analysis: PrimaryAnalysis },
): string | null {
  if (blocks >= maxBoots) return `all ${maxBoots} boots of each arm were made`;
  // The time of one more block counts: a budget is not to be overdrawn.
  if (blocks > 0 && elapsedSeconds + elapsedSeconds / blocks > seconds)
    return `the budget of ${seconds} s has no room for another block`;
  if (blocks >= minBoots && analysis.pairs.every((pair) => isNarrow(pair, precision))) {
    return `the primary intervals are within ${100 * precision} % of the larger median`;
  }
  return null;
}

/** Looks at the interval's width only, never at where it lies: to stop at a difference would make one. */
function isNarrow({ primary }: PrimaryAnalysis['pairs'][number], precision: number): boolean {
  const { comparison } = primary;
  const interval = comparison?.shift.interval ?? null;
  if (comparison === null || interval === null) return false;
  return (interval.high - interval.low) / 2 <= precision * Math.max(...comparison.medians);
}
