// SPDX-License-Identifier: GPL-2.0-only
import type { LatencySamples, WakeUp, WakeUpCauses } from '../../../model/latency.ts';
import { attribute, latencies, withinHorizon } from './attribute.ts';
import type { CyclictestThread } from './cyclictest.ts';
import { countAbove, histogramQuantile, logHistogram, weightedHistogram, type LogHistogram } from './histogram.ts';
import { phaseFigures, type PhaseFigures } from './phases.ts';
import type { BootCount } from '../../../stats/rate-ratio.ts';

/**
 * What one boot comes to: one replicate of every figure. The threshold is not in it: it comes from the control without
 * swapoff, which is measured in the same run.
 */
export interface BootFigures {
  readonly swapoffs: number;
  /** Wake-ups within the horizon of a swapoff's entry. */
  readonly inside: LogHistogram;
  /** Of these, the ones that were due before swapoff returned. */
  readonly during: LogHistogram;
  readonly outside: LogHistogram;
  /** Microseconds; null where the instrument does not tell. */
  readonly excessUs: number | null;
  readonly worstUs: number | null;
  /** `excessUs` by what was waited for; null where the instrument does not tell. */
  readonly excessCauses: ExcessCauses | null;
  /** `excessUs` by when it came; null where the instrument does not tell. */
  readonly phases: readonly PhaseFigures[] | null;
  readonly swapoffUs: number;
  /** Pages swapped in a second while nobody swaps off; null when that was not measured. */
  readonly swapInsPerSecond: number | null;
  /** Of one fault when nobody swaps off; null when they were not counted. */
  readonly instructions: number | null;
}

/** Parts of an excess, microseconds a swapoff; a part may be negative where swapoff lets threads wake sooner. */
export interface ExcessCauses {
  readonly interruptUs: number;
  readonly threadUs: number;
  readonly stoppedUs: number;
}

/** Figures of a boot that variants are compared by. */
export const ENDPOINTS = {
  exceedances: { label: 'exceedances a swapoff', unit: '', better: 'less' },
  excess: { label: 'excess latency a swapoff', unit: 'us', better: 'less' },
  worst: { label: 'worst wake-up of a swapoff', unit: 'us', better: 'less' },
  p99: { label: 'p99 within the horizon', unit: 'us', better: 'less' },
  swapoff: { label: 'swapoff itself', unit: 'us', better: 'less' },
  stopped: { label: 'excess in a stopped machine', unit: 'us', better: 'less' },
  throughput: { label: 'swap-ins, nobody swaps off', unit: '1/s', better: 'more' },
  instructions: { label: 'instructions of a fault until it has its entry', unit: '', better: 'less' },
} as const satisfies Record<string, { label: string; unit: string; better: 'less' | 'more' }>;
export type EndpointId = keyof typeof ENDPOINTS;
export const ENDPOINT_IDS = Object.keys(ENDPOINTS) as EndpointId[];

/** The one that decides. */
export const PRIMARY = 'exceedances' satisfies EndpointId;

/**
 * The endpoint by which the positive control has to be found before another one is believed; null for those that
 * stopping the machine does not move.
 */
export function controlledBy(endpoint: EndpointId): EndpointId | null {
  switch (endpoint) {
    case 'swapoff':
    case 'throughput':
    case 'instructions':
      return null;
    case 'stopped':
      // The stop is in it or it is not, whatever becomes of the wake-ups as a whole.
      return 'stopped';
    case 'exceedances':
    case 'excess':
    case 'worst':
    case 'p99':
      return PRIMARY;
  }
}

/** Endpoints that not every plan asks for; a run that was not asked says nothing of them. */
export const OPTIONAL: readonly EndpointId[] = ['stopped', 'instructions'];

/** A boot's value of an endpoint; null where it has none. */
export function endpointOf(figures: BootFigures, endpoint: EndpointId, thresholdNs: number): number | null {
  switch (endpoint) {
    case 'exceedances':
      return countAbove(figures.inside, thresholdNs) / figures.swapoffs;
    case 'excess':
      return figures.excessUs;
    case 'worst':
      return figures.worstUs;
    case 'p99':
      return toUs(histogramQuantile(figures.inside, 0.99));
    case 'swapoff':
      return figures.swapoffUs;
    case 'stopped':
      return figures.excessCauses?.stoppedUs ?? null;
    case 'throughput':
      return figures.swapInsPerSecond;
    case 'instructions':
      return figures.instructions;
  }
}

/** Wake-ups later than the threshold within the horizons, against swapoffs. */
export function exceedancesOf({ inside, swapoffs }: BootFigures, thresholdNs: number): BootCount {
  return { events: countAbove(inside, thresholdNs), exposure: swapoffs };
}

/** What a boot's figures need beside its samples. */
export interface BootFacts {
  /** Swapped in by one pass. */
  readonly pages: number;
  readonly instructions: number | null;
}

/** The figures of a boot whose samples are usable. */
export function bootFigures(
  samples: LatencySamples,
  { horizonNs, pages, instructions }: BootFacts & { readonly horizonNs: number },
): BootFigures {
  const { swapoffs, outside } = attribute(samples, horizonNs);
  const inside = swapoffs.map((swapoff) => latencies(withinHorizon(swapoff)));
  return {
    swapoffs: swapoffs.length,
    inside: logHistogram(inside.flat()),
    during: logHistogram(swapoffs.flatMap(({ during }) => latencies(during))),
    outside: logHistogram(latencies(outside)),
    excessUs: toUs(excessNs(inside.flat(), latencies(outside), swapoffs.length)),
    worstUs: toUs(mean(inside.map(greatest))),
    excessCauses: excessCauses(samples, horizonNs),
    phases: phaseFigures(samples, horizonNs),
    swapoffUs: meanSwapoffUs(samples),
    swapInsPerSecond: swapInsPerSecond(samples, pages),
    instructions,
  };
}

/**
 * The figures of a boot that cyclictest measured. It does not tell when a wake-up was: all of the boot's count as
 * within horizons, and what needs attribution has no value.
 *
 * @param samples of the same boot: its swapoffs and passes.
 */
export function cyclictestFigures(
  threads: readonly CyclictestThread[],
  samples: Pick<LatencySamples, 'windows' | 'passes'>,
  { reachUs, pages, instructions }: BootFacts & { readonly reachUs: number },
): BootFigures {
  const counted = threads.flatMap(({ histogram, overflow }) => [...histogram, [reachUs, overflow] as const]);
  const none = weightedHistogram([]);
  return {
    swapoffs: samples.windows.length,
    inside: weightedHistogram(counted.map(([us, count]) => [us * 1000, count])),
    during: none,
    outside: none,
    excessUs: null,
    worstUs: null,
    excessCauses: null,
    phases: null,
    swapoffUs: meanSwapoffUs(samples),
    swapInsPerSecond: swapInsPerSecond(samples, pages),
    instructions,
  };
}

function meanSwapoffUs({ windows }: Pick<LatencySamples, 'windows'>): number {
  return (mean(windows.map(({ startNs, endNs }) => endNs - startNs)) ?? 0) / 1000;
}

function swapInsPerSecond({ passes }: Pick<LatencySamples, 'passes'>, pages: number): number | null {
  const ns = passes.reduce((sum, { durationNs }) => sum + durationNs, 0);
  return ns === 0 ? null : (passes.length * pages * 1e9) / ns;
}

/** By how much the wake-ups of one horizon together were later than as many outside were. */
function excessNs(inside: readonly number[], outside: readonly number[], swapoffs: number): number | null {
  const [meanInside, meanOutside] = [mean(inside), mean(outside)];
  if (meanInside === null || meanOutside === null) return null;
  return ((meanInside - meanOutside) * inside.length) / swapoffs;
}

/** The excess as it would be if each wake-up were only as late as one of its causes made it, for every cause. */
function excessCauses(samples: LatencySamples, horizonNs: number): ExcessCauses | null {
  const { wakeUps } = samples;
  if (!wakeUps.every(isExplained)) return null;
  const excessUs = (cause: keyof WakeUpCauses): number => {
    const { swapoffs, outside } = attribute(
      { ...samples, wakeUps: wakeUps.map(({ causes, ...wakeUp }) => ({ ...wakeUp, latencyNs: causes[cause] })) },
      horizonNs,
    );
    return toUs(excessNs(latencies(swapoffs.flatMap(withinHorizon)), latencies(outside), swapoffs.length)) ?? 0;
  };
  return { interruptUs: excessUs('interruptNs'), threadUs: excessUs('threadNs'), stoppedUs: excessUs('stoppedNs') };
}

function isExplained(wakeUp: WakeUp): wakeUp is WakeUp & { readonly causes: WakeUpCauses } {
  return wakeUp.causes !== undefined;
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function toUs(ns: number | null): number | null {
  return ns === null ? null : ns / 1000;
}
