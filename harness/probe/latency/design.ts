// SPDX-License-Identifier: GPL-2.0-only
import { stepSeed, type Next, type NextContext, type Seen } from '../../model/probe.ts';
import { seededRandom, shuffled } from '../../model/random.ts';
import { analysePrimary, type PrimaryAnalysis } from './analysis/analyse.ts';
import { analysedBoots, analysedPlan } from './analysis/boots.ts';
import type { LatencyFinding } from './finding.ts';
import type { LatencyArgs, LatencyBudget, LatencySpec } from './spec.ts';
import { armsOf } from './arms.ts';
import type { Arm } from './types.ts';

/** One boot of the design. */
export type PlannedBoot = LatencyArgs & { readonly variant: string };

/** One block: every arm once, in an order that the seed decides, so that a host that drifts does so for all. */
export function blockOf(arms: readonly Arm[], seed: number, block: number): PlannedBoot[] {
  // Arms of one block share the times of their cycles.
  const blockSeed = stepSeed(seed, `block ${block}`);
  return shuffled(arms, seededRandom(blockSeed)).map(({ id, role, variant, mode }, place) => ({
    ...{ arm: id, role, variant, mode },
    ...{ block, place, of: arms.length, seed: blockSeed },
  }));
}

type Measured = Seen<LatencyArgs, LatencyFinding>;

/** The next boot of a block; at the end of one, whether there is another. */
export function nextBoot(
  probe: LatencySpec,
  seen: readonly Measured[],
  { alpha, seed, unavailable }: NextContext,
): Next<LatencyArgs> {
  const [first = ''] = probe.variants;
  const missing = unavailable[first];
  if (missing !== undefined) {
    const reason = `${missing}: it is what others are compared with`;
    return { kind: 'done', reasons: Object.fromEntries(probe.variants.map((id) => [id, unavailable[id] ?? reason])) };
  }
  const arms = armsOf(probe.variants.filter((variant) => unavailable[variant] === undefined));
  const block = Math.floor(seen.length / arms.length);
  const place = seen.length % arms.length;
  const reason = place > 0 ? null : endOfRun(probe, seen, alpha);
  if (reason !== null)
    return { kind: 'done', reasons: Object.fromEntries(probe.variants.map((id) => [id, unavailable[id] ?? reason])) };
  const { variant, ...args } = blockOf(arms, seed, block)[place] as PlannedBoot;
  const index = seen.filter(({ step }) => step.variant === variant).length;
  return { kind: 'step', step: { variant, index, args, reason: `block ${block + 1}, arm ${args.arm}` } };
}

/** Why no further block is made after those that are whole; null when there is another. */
export function endOfRun(probe: LatencySpec, seen: readonly Measured[], alpha: number): string | null {
  const analysis = analysePrimary(analysedPlan(probe, alpha), analysedBoots(seen));
  const elapsedSeconds = seen.reduce((sum, { end }) => sum + secondsOf(end), 0);
  return reasonToEnd(probe.budget, { blocks: blocksOf(seen), elapsedSeconds, analysis });
}

function secondsOf({ startedAt, endedAt }: Measured['end']): number {
  return (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}

function blocksOf(seen: readonly Measured[]): number {
  return new Set(seen.map(({ step }) => step.args.block)).size;
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
