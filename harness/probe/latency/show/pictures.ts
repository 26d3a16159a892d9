// SPDX-License-Identifier: GPL-2.0-only
import type { Plot } from '../../../model/section.ts';
import { attribute, latencies, withinHorizon } from '../boot/attribute.ts';
import type { BootFigures } from '../boot/figures.ts';
import { binEdgeNs, mergeHistograms, tailOf, type LogHistogram } from '../boot/histogram.ts';
import type { RaceWords } from '../spec.ts';
import type { LatencySamples } from '../types.ts';

/** Cycles of one boot that are drawn. */
const MOST_CYCLES = 1000;
/** Of a latency on a logarithmic axis. */
const LEAST_MS = 0.001;

/** Of the first cycles of a boot: `[at, latest wake-up of its horizon]`, milliseconds, the first one at 0. */
export function latestOfCycles(samples: LatencySamples, horizonNs: number): (readonly [number, number])[] {
  if (samples.wakeUps.length === 0) return [];
  const begin = samples.windows[0]?.startNs ?? 0;
  return attribute(samples, horizonNs)
    .cycles.slice(0, MOST_CYCLES)
    .map((cycle) => {
      const latest = latencies(withinHorizon(cycle)).reduce((most, latency) => Math.max(most, latency), 0);
      return [rounded((cycle.window.startNs - begin) / 1e6), rounded(latest / 1e6)] as const;
    });
}

/** What is drawn of one arm. */
export interface DrawnArm {
  readonly arm: string;
  /** Of its usable boots. */
  readonly boots: readonly BootFigures[];
  /** Of the first of them. */
  readonly cycles: readonly (readonly [number, number])[];
}

/**
 * Curves of variants: wake-ups by latency, the share above it, how long the contender took; and the cycles of every
 * arm.
 */
export function latencyPlots(variants: readonly DrawnArm[], arms: readonly DrawnArm[], words: RaceWords): Plot[] {
  const drawn = variants.filter(({ boots }) => boots.length > 0);
  if (drawn.length === 0) return [];
  const latency = 'wake-up latency, microseconds';
  return [
    {
      ...{ kind: 'curves', title: 'Wake-ups by latency', x: latency, y: 'wake-ups', log: 'both' },
      caption: 'Wake-ups per bin, both axes logarithmic: all of them, within and outside of horizons.',
      curves: drawn.map(({ arm, boots }) => ({
        name: arm,
        points: countsOf(mergeHistograms(boots.flatMap(({ inside, outside }) => [inside, outside]))),
      })),
    },
    {
      ...{ kind: 'curves', title: 'Share of wake-ups above a latency', x: latency, y: 'share above', log: 'both' },
      caption: `Share of wake-ups above a latency, within the horizon of ${words.contender} and outside.`,
      curves: drawn.flatMap(({ arm, boots }) => [
        { name: arm, points: sharesOf(mergeHistograms(boots.map(({ inside }) => inside))) },
        { name: `${arm}, outside`, points: sharesOf(mergeHistograms(boots.map(({ outside }) => outside))) },
      ]),
    },
    {
      ...{ kind: 'curves', title: `Duration of ${words.contender}`, log: 'none' },
      x: `mean duration of ${words.contender}, milliseconds`,
      y: 'share of boots above',
      caption: `Duration of ${words.contender}, the mean of each boot: share of boots above it.`,
      curves: drawn.map(({ arm, boots }) => ({
        name: arm,
        points: durationsAbove(boots.map(({ contenderUs }) => contenderUs / 1000)),
      })),
    },
    ...cyclesPlot(arms, words),
  ];
}

/** One boot of each arm; time and height are the same for all, so that they can be compared. */
function cyclesPlot(arms: readonly DrawnArm[], { contender }: RaceWords): Plot[] {
  const drawn = arms.filter(({ cycles }) => cycles.length > 0);
  if (drawn.length === 0) return [];
  return [
    {
      ...{
        kind: 'curves',
        title: 'Cycles of one boot',
        x: 'milliseconds since the first',
        y: 'milliseconds',
        log: 'y',
      },
      caption: `The latest wake-up in the horizon of each ${contender} of the first boot of every arm.`,
      curves: drawn.map(({ arm, cycles }) => ({
        name: arm,
        points: cycles.map(([at, latest]): [number, number] => [at, Math.max(LEAST_MS, latest)]),
      })),
    },
  ];
}

function countsOf({ bins }: LogHistogram): [number, number][] {
  return bins.map(([bin, count]) => [binEdgeNs(bin) / 1000, count]);
}

/** As far as there is something above: a logarithmic axis has no 0. */
function sharesOf(histogram: LogHistogram): [number, number][] {
  return tailOf(histogram).flatMap(({ latencyNs, share }): [number, number][] =>
    share > 0 ? [[latencyNs / 1000, share]] : [],
  );
}

/** From all at 0 to none at the longest, in steps. */
function durationsAbove(durations: readonly number[]): [number, number][] {
  const sorted = [...durations].sort((a, b) => a - b);
  const steps = sorted.flatMap((value, index): [number, number][] => [
    [value, (sorted.length - index) / sorted.length],
    [value, (sorted.length - index - 1) / sorted.length],
  ]);
  return [[0, 1], ...steps];
}

/** To a microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
