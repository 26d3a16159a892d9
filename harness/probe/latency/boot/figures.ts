// SPDX-License-Identifier: GPL-2.0-only
import type { LatencySamples, WakeUp, WakeUpCauses } from '../types.ts';
import { attribute, latencies, withinHorizon } from './attribute.ts';
import type { CyclictestThread } from './cyclictest.ts';
import { countAbove, histogramQuantile, logHistogram, weightedHistogram, type LogHistogram } from './histogram.ts';
import { phaseFigures, type PhaseFigures } from './phases.ts';
import type { BootCount } from '../../../stats/rate-ratio.ts';

/**
 * What one boot amounts to: one replicate of every figure. The threshold is not in it: it is that of the control
 * without the contender, which is measured in the same run.
 */
export interface BootFigures {
  readonly cycles: number;
  /** Wake-ups within the horizon of an entry of the contender. */
  readonly inside: LogHistogram;
  /** Of these, the ones that were due before it returned. */
  readonly during: LogHistogram;
  readonly outside: LogHistogram;
  /** Microseconds; null where the instrument does not report it. */
  readonly excessUs: number | null;
  readonly worstUs: number | null;
  /** `excessUs` by what was waited for; null where the instrument does not report it. */
  readonly excessCauses: ExcessCauses | null;
  /** `excessUs` by when it came; null where the instrument does not report it. */
  readonly phases: readonly PhaseFigures[] | null;
  readonly contenderUs: number;
  /** Pages swapped in per second without the contender; null when that was not measured. */
  readonly operationsPerSecond: number | null;
  /** Of one operation without the contender; null when they were not counted. */
  readonly instructions: number | null;
}

/** Parts of an excess, microseconds per cycle; a part may be negative where threads wake sooner in it. */
export interface ExcessCauses {
  readonly interruptUs: number;
  readonly threadUs: number;
  readonly stoppedUs: number;
}

/** Figures of a boot that variants are compared by; show/words.ts names them. */
export const ENDPOINTS = {
  exceedances: { unit: '', better: 'less' },
  excess: { unit: 'us', better: 'less' },
  worst: { unit: 'us', better: 'less' },
  p99: { unit: 'us', better: 'less' },
  contender: { unit: 'us', better: 'less' },
  stopped: { unit: 'us', better: 'less' },
  throughput: { unit: '1/s', better: 'more' },
  instructions: { unit: '', better: 'less' },
} as const satisfies Record<string, { unit: string; better: 'less' | 'more' }>;
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
    case 'contender':
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
      return countAbove(figures.inside, thresholdNs) / figures.cycles;
    case 'excess':
      return figures.excessUs;
    case 'worst':
      return figures.worstUs;
    case 'p99':
      return toUs(histogramQuantile(figures.inside, 0.99));
    case 'contender':
      return figures.contenderUs;
    case 'stopped':
      return figures.excessCauses?.stoppedUs ?? null;
    case 'throughput':
      return figures.operationsPerSecond;
    case 'instructions':
      return figures.instructions;
  }
}

/** Wake-ups later than the threshold within the horizons, against cycles. */
export function exceedancesOf({ inside, cycles }: BootFigures, thresholdNs: number): BootCount {
  return { events: countAbove(inside, thresholdNs), exposure: cycles };
}

/** What a boot's figures need in addition to its samples. */
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
  const { cycles, outside } = attribute(samples, horizonNs);
  const inside = cycles.map((cycle) => latencies(withinHorizon(cycle)));
  return {
    cycles: cycles.length,
    inside: logHistogram(inside.flat()),
    during: logHistogram(cycles.flatMap(({ during }) => latencies(during))),
    outside: logHistogram(latencies(outside)),
    excessUs: toUs(excessNs(inside.flat(), latencies(outside), cycles.length)),
    worstUs: toUs(mean(inside.map(greatest))),
    excessCauses: excessCauses(samples, horizonNs),
    phases: phaseFigures(samples, horizonNs),
    contenderUs: meanContenderUs(samples),
    operationsPerSecond: operationsPerSecond(samples, pages),
    instructions,
  };
}

/**
 * The figures of a boot that cyclictest measured. It does not report when a wake-up was: all of the boot's count as
 * within horizons, and what needs attribution has no value.
 *
 * @param samples of the same boot: its cycles and passes.
 */
export function cyclictestFigures(
  threads: readonly CyclictestThread[],
  samples: Pick<LatencySamples, 'windows' | 'passes'>,
  { reachUs, pages, instructions }: BootFacts & { readonly reachUs: number },
): BootFigures {
  const counted = threads.flatMap(({ histogram, overflow }) => [...histogram, [reachUs, overflow] as const]);
  const none = weightedHistogram([]);
  return {
    cycles: samples.windows.length,
    inside: weightedHistogram(counted.map(([us, count]) => [us * 1000, count])),
    during: none,
    outside: none,
    excessUs: null,
    worstUs: null,
    excessCauses: null,
    phases: null,
    contenderUs: meanContenderUs(samples),
    operationsPerSecond: operationsPerSecond(samples, pages),
    instructions,
  };
}

function meanContenderUs({ windows }: Pick<LatencySamples, 'windows'>): number {
  return (mean(windows.map(({ startNs, endNs }) => endNs - startNs)) ?? 0) / 1000;
}

function operationsPerSecond({ passes }: Pick<LatencySamples, 'passes'>, pages: number): number | null {
  const ns = passes.reduce((sum, { durationNs }) => sum + durationNs, 0);
  return ns === 0 ? null : (passes.length * pages * 1e9) / ns;
}

/** By how much the wake-ups of one horizon together were later than as many outside were. */
function excessNs(inside: readonly number[], outside: readonly number[], cycles: number): number | null {
  const [meanInside, meanOutside] = [mean(inside), mean(outside)];
  if (meanInside === null || meanOutside === null) return null;
  return ((meanInside - meanOutside) * inside.length) / cycles;
}

/** The excess as it would be if each wake-up were only as late as one of its causes made it, for every cause. */
function excessCauses(samples: LatencySamples, horizonNs: number): ExcessCauses | null {
  const { wakeUps } = samples;
  if (!wakeUps.every(isExplained)) return null;
  const excessUs = (cause: keyof WakeUpCauses): number => {
    const { cycles, outside } = attribute(
      { ...samples, wakeUps: wakeUps.map(({ causes, ...wakeUp }) => ({ ...wakeUp, latencyNs: causes[cause] })) },
      horizonNs,
    );
    return toUs(excessNs(latencies(cycles.flatMap(withinHorizon)), latencies(outside), cycles.length)) ?? 0;
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
