// SPDX-License-Identifier: GPL-2.0-only
import type { LatencySamples } from '../../../model/latency.ts';
import { attribute, latencies, withinHorizon } from '../boot/attribute.ts';
import type { BootFigures } from '../boot/figures.ts';
import { mergeHistograms, tailOf, type LogHistogram, type TailPoint } from '../boot/histogram.ts';

/** What is drawn of one arm: all its usable boots together. */
export interface ArmCurves {
  readonly arm: string;
  readonly inside: LogHistogram;
  readonly outside: LogHistogram;
  readonly insideTail: readonly TailPoint[];
  readonly outsideTail: readonly TailPoint[];
}

/** One swapoff of a strip; milliseconds since the strip's first entry. */
export interface StripWindow {
  readonly fromMs: number;
  readonly toMs: number;
  /** The latest wake-up of its horizon. */
  readonly worstMs: number;
  readonly exceedances: number;
}

export function armCurves(arm: string, boots: readonly BootFigures[]): ArmCurves {
  const inside = mergeHistograms(boots.map((figures) => figures.inside));
  const outside = mergeHistograms(boots.map((figures) => figures.outside));
  return { arm, inside, outside, insideTail: tailOf(inside), outsideTail: tailOf(outside) };
}

/** A boot's swapoffs in their order, with what stands out in their horizons. */
export function swapoffStrip(
  samples: LatencySamples,
  { horizonNs, thresholdNs }: { readonly horizonNs: number; readonly thresholdNs: number },
): StripWindow[] {
  const begin = samples.windows[0]?.startNs ?? 0;
  const ms = (ns: number): number => ns / 1e6;
  return attribute(samples, horizonNs).swapoffs.map((swapoff) => {
    const within = latencies(withinHorizon(swapoff));
    return {
      fromMs: ms(swapoff.window.startNs - begin),
      toMs: ms(swapoff.window.endNs - begin),
      worstMs: ms(within.reduce((most, latency) => Math.max(most, latency), 0)),
      exceedances: within.filter((latency) => latency > thresholdNs).length,
    };
  });
}
