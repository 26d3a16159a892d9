// SPDX-License-Identifier: GPL-2.0-only
import type { Next, NextContext, Seen } from '../../model/probe.ts';
import type { PlaceFinding } from './finding.ts';
import { missedOf, partsOf, POWER_HOLDS, powerOf, type Mutant } from './power.ts';
import { shownBy } from './judge.ts';
import type { PlaceArgs, PlaceSpec } from './spec.ts';

type Placed = Seen<PlaceArgs, PlaceFinding>;

/** The attempts at each point, spread over fresh guests: every variant's steps in any case. */
export function stepsOf({ hold, repeats, guests }: PlaceSpec): PlaceArgs[] {
  const fresh = Math.min(guests, repeats);
  return Array.from({ length: fresh }, (_, guest) => ({
    hold,
    share: { index: 0, of: 1 },
    repeats: Math.floor(repeats / fresh) + (guest < repeats % fresh ? 1 : 0),
    part: 'main',
    without: [],
  }));
}

/** A map of a mutant: one attempt at each point, for its findings are not rare. */
const STALLED: PlaceArgs = { hold: 'stall', share: { index: 0, of: 1 }, repeats: 1, part: 'stalled', without: [] };
const MUTANT = { ...STALLED, part: 'mutant' } as const;

/**
 * What shows the power of a variant's absence, where there is one: its map under a stall; one for each wait that is
 * taken away, by another hold as well where that is not noticed; and one without any of them where some are not. Only
 * as far as it is known: what follows a step depends on what that finds.
 */
function powerSteps(probe: PlaceSpec, variant: string, own: readonly Placed[]): PlaceArgs[] {
  const { main, stalled } = partsOf(own);
  if (probe.mutants !== true || variant === probe.control || shownBy(probe, variant, main).outcome !== 'ok') return [];
  if (stalled !== null && shownBy(probe, variant, [stalled]).outcome !== 'ok') return [STALLED];
  const { waits, mutants } = powerOf(own);
  const steps = [STALLED];
  for (const wait of waits) {
    for (const hold of POWER_HOLDS) {
      const same = (mutant: Mutant): boolean => mutant.without.join() === wait && mutant.hold === hold;
      const made = mutants.find(same);
      steps.push({ ...MUTANT, hold, without: [wait] });
      if (made === undefined) return steps;
      if (made.noticed > 0) break;
    }
  }
  const silent = waits.some((wait) => missedOf(mutants, wait) === false);
  return silent && waits.length > 1 ? [...steps, { ...MUTANT, without: waits }] : steps;
}

/** The first step of the first variant that has not ended; a step that failed is not made again. */
export function nextStep(
  probe: PlaceSpec,
  seen: readonly Placed[],
  { unavailable }: Pick<NextContext, 'unavailable'>,
): Next<PlaceArgs> {
  const reasons: Record<string, string> = {};
  const steps = stepsOf(probe);
  for (const variant of probe.variants) {
    const missing = unavailable[variant];
    const own = seen.filter(({ step }) => step.variant === variant);
    const ended = new Set(own.map(({ step }) => step.index));
    const all = ended.size < steps.length ? steps : [...steps, ...powerSteps(probe, variant, own)];
    const index = all.findIndex((_, at) => !ended.has(at));
    const args = all[index];
    if (missing === undefined && args !== undefined) {
      return { kind: 'step', step: { variant, index, args, reason: reasonOf(probe, args, index, steps.length) } };
    }
    reasons[variant] = missing ?? 'its points are explored';
  }
  return { kind: 'done', reasons };
}

function reasonOf({ path }: PlaceSpec, { hold, without }: PlaceArgs, index: number, of: number): string {
  const how = `${path} held by ${hold}`;
  if (without.length > 0) return `${how}, without ${without.join(' and ')}`;
  return of === 1 || index >= of ? how : `${how}, guest ${index + 1} of ${of}`;
}
