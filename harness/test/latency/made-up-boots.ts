// SPDX-License-Identifier: GPL-2.0-only
import { armsOf } from '../../latency/design.ts';
import type { AnalysedBoot } from '../../latency/arms-of-run.ts';
import type { BootFigures } from '../../latency/figures.ts';
import { weightedHistogram } from '../../latency/histogram.ts';
import type { Random } from '../../model/random.ts';
import type { LatencyPlan } from '../../model/latency.ts';
import { normal } from './made-up.ts';

export const SWAPOFFS = 200;

/** Two variants `a` and `b` with all controls. */
export const madeUpPlan: Pick<LatencyPlan, 'arms' | 'threshold' | 'alpha' | 'seed'> = {
  arms: armsOf(['a', 'b']),
  threshold: { kind: 'fixed', us: 1000 },
  alpha: 0.05,
  seed: 5,
};

/** A boot with so many exceedances a swapoff and a swapoff of so many microseconds. */
export function madeUpFigures(exceedances: number, swapoffUs = 5_000): BootFigures {
  const late = Math.max(0, Math.round(exceedances * SWAPOFFS));
  const inside = weightedHistogram([
    [50_000, 40 * SWAPOFFS - late],
    [8_000_000, late],
  ]);
  return {
    swapoffs: SWAPOFFS,
    inside,
    during: inside,
    outside: weightedHistogram([[50_000, 10_000]]),
    excessUs: exceedances * 7950,
    worstUs: 8000,
    excessCauses: null,
    phases: null,
    swapoffUs,
    swapInsPerSecond: 1000,
    instructions: null,
  };
}

/** How a boot's exceedances a swapoff are spread around 1. */
export type Noise = (random: Random) => number;
export const lightNoise: Noise = (random) => 1 + 0.2 * normal(random);
/** Cauchy: no mean, single boots hundreds of times the others. */
export const heavyNoise: Noise = (random) => Math.abs(1 + 0.2 * Math.tan(Math.PI * (random() - 0.5)));

export interface MadeUpRun {
  readonly boots: number;
  readonly noise: Noise;
  /** Exceedances a swapoff of each role, before noise. */
  readonly levels: {
    readonly a: number;
    readonly b: number;
    readonly twin?: number;
    readonly quiet?: number;
    readonly stop?: number;
  };
}

/** The boots of a run, noise drawn anew for each. */
export function madeUpRun({ boots, noise, levels }: MadeUpRun, random: Random): AnalysedBoot[] {
  const { a, b, twin = a, quiet = 0.2, stop = 6 } = levels;
  const level = { a, b, 'a=null': twin, 'a=quiet': quiet, 'a=stop': stop };
  return Object.entries(level).flatMap(([arm, value]) =>
    Array.from({ length: boots }, (_, index) => ({
      id: `${index}-${arm}`,
      arm,
      result: madeUpFigures(value * noise(random)),
    })),
  );
}
