// SPDX-License-Identifier: GPL-2.0-only
import type { LatencySamples, ReaderWait, ContenderCall, WakeUp } from '../types.ts';
import { attribute, latencies, withinHorizon } from './attribute.ts';

/** Parts of a horizon, in their order; `contender` is in the place of the first three where its wait was not traced. */
export const PHASES = ['before', 'wait', 'after', 'contender', 'returned'] as const;
export type Phase = (typeof PHASES)[number];

/**
 * What one phase amounts to, microseconds per cycle. The phases' lengths add up to the horizon, their excesses to its
 * excess.
 */
export interface PhaseFigures {
  readonly phase: Phase;
  readonly lastsUs: number;
  readonly excessUs: number;
}

/** A phase of one horizon: from where the one before ends. */
interface Stretch {
  readonly phase: Phase;
  readonly untilNs: number;
}

/**
 * Deals a boot's horizons to their phases. A wake-up belongs to the phase in which it is due; by how much those of a
 * phase were later than as many outside of horizons is its excess. A contender that waits several times waits from the
 * first wait's beginning to the last one's end; one that never does is all `before`.
 *
 * @returns null where nothing lies outside of horizons to compare with.
 */
export function phaseFigures(samples: LatencySamples, horizonNs: number): readonly PhaseFigures[] | null {
  const { cycles, outside } = attribute(samples, horizonNs);
  if (outside.length === 0) return null;
  const usualNs = latencies(outside).reduce((sum, ns) => sum + ns, 0) / outside.length;
  const sums = new Map<Phase, { lastsNs: number; excessNs: number }>();
  for (const cycle of cycles) {
    const wakeUps = withinHorizon(cycle);
    let fromNs = cycle.window.startNs;
    for (const { phase, untilNs } of stretchesOf(cycle.window, samples.waits ?? null, horizonNs)) {
      const sum = sums.get(phase) ?? { lastsNs: 0, excessNs: 0 };
      sums.set(phase, {
        lastsNs: sum.lastsNs + (untilNs - fromNs),
        excessNs: sum.excessNs + excessOf(wakeUps, fromNs, untilNs, usualNs),
      });
      fromNs = untilNs;
    }
  }
  const eachUs = (ns: number): number => ns / cycles.length / 1000;
  return PHASES.flatMap((phase) => {
    const sum = sums.get(phase);
    return sum === undefined ? [] : [{ phase, lastsUs: eachUs(sum.lastsNs), excessUs: eachUs(sum.excessNs) }];
  });
}

function excessOf(wakeUps: readonly WakeUp[], fromNs: number, untilNs: number, usualNs: number): number {
  const due = wakeUps.filter(({ expectedNs }) => expectedNs >= fromNs && expectedNs < untilNs);
  return due.reduce((sum, { latencyNs }) => sum + latencyNs - usualNs, 0);
}

/** Cut off at the horizon's end, which the contender may outlast. */
function stretchesOf(
  { startNs, endNs }: ContenderCall,
  waits: readonly ReaderWait[] | null,
  horizonNs: number,
): Stretch[] {
  const stretches: Stretch[] =
    waits === null ? [{ phase: 'contender', untilNs: endNs }] : contenderStretches(startNs, endNs, waits);
  const lastNs = startNs + horizonNs;
  return [...stretches, { phase: 'returned' as const, untilNs: lastNs }].map(({ phase, untilNs }) => ({
    phase,
    untilNs: Math.min(untilNs, lastNs),
  }));
}

function contenderStretches(startNs: number, endNs: number, waits: readonly ReaderWait[]): Stretch[] {
  const own = waits.filter(({ fromNs }) => fromNs >= startNs && fromNs < endNs);
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined) return [{ phase: 'before', untilNs: endNs }];
  return [
    { phase: 'before', untilNs: first.fromNs },
    { phase: 'wait', untilNs: Math.min(last.toNs, endNs) },
    { phase: 'after', untilNs: endNs },
  ];
}
