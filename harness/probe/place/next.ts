// SPDX-License-Identifier: GPL-2.0-only
import type { Next, NextContext, Seen } from '../../model/probe.ts';
import type { PlaceArgs, PlaceSpec } from './spec.ts';

type Planned = Pick<Seen, 'step'>;

/** Every step of a variant: the attempts at each point, spread over fresh guests. */
export function stepsOf({ hold, repeats, guests }: PlaceSpec): PlaceArgs[] {
  const fresh = Math.min(guests, repeats);
  return Array.from({ length: fresh }, (_, guest) => ({
    hold,
    share: { index: 0, of: 1 },
    repeats: Math.floor(repeats / fresh) + (guest < repeats % fresh ? 1 : 0),
  }));
}

/** The first step of the first variant that has not ended; a step that failed is not made again. */
export function nextStep(
  probe: PlaceSpec,
  seen: readonly Planned[],
  { unavailable }: Pick<NextContext, 'unavailable'>,
): Next<PlaceArgs> {
  const reasons: Record<string, string> = {};
  const steps = stepsOf(probe);
  for (const variant of probe.variants) {
    const missing = unavailable[variant];
    const ended = new Set(seen.filter(({ step }) => step.variant === variant).map(({ step }) => step.index));
    const index = steps.findIndex((_, at) => !ended.has(at));
    const args = steps[index];
    if (missing === undefined && args !== undefined) {
      const nth = steps.length === 1 ? '' : `, guest ${index + 1} of ${steps.length}`;
      return {
        kind: 'step',
        step: { variant, index, args, reason: `${probe.path} held by ${args.hold}${nth}` },
      };
    }
    reasons[variant] = missing ?? 'its points are explored';
  }
  return { kind: 'done', reasons };
}
