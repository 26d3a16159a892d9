// SPDX-License-Identifier: GPL-2.0-only
import { endpointOf, exceedancesOf, type BootFigures, type EndpointId } from '../boot/figures.ts';
import { histogramQuantile, mergeHistograms } from '../boot/histogram.ts';
import { clusterBootstrap } from '../../../stats/bootstrap.ts';
import { hodgesLehmann, type Shift } from '../../../stats/hodges-lehmann.ts';
import type { Interval } from '../../../stats/interval.ts';
import { median } from '../../../stats/order.ts';
import { rankSumTest } from '../../../stats/rank-sum.ts';
import { rateRatio, type RateRatio } from '../../../stats/rate-ratio.ts';

/** One endpoint of two groups of boots, `b` against `a`. */
export interface EndpointComparison {
  readonly endpoint: EndpointId;
  readonly boots: readonly [a: number, b: number];
  /** Medians of the boots' figures. */
  readonly medians: readonly [a: number, b: number];
  /** How much b's figures lie above a's. */
  readonly shift: Shift;
  /** Two-sided, of the permutation test. */
  readonly p: number;
  /** The smallest p that so few boots can give. */
  readonly leastP: number;
}

export interface CompareOptions {
  readonly thresholdNs: number;
  readonly confidence: number;
  readonly seed: number;
}

/** Compares an endpoint; null when one side has no boot that tells it. */
export function compareEndpoint(
  endpoint: EndpointId,
  a: readonly BootFigures[],
  b: readonly BootFigures[],
  { thresholdNs, confidence, seed }: CompareOptions,
): EndpointComparison | null {
  const told = (boots: readonly BootFigures[]): number[] =>
    boots.map((figures) => endpointOf(figures, endpoint, thresholdNs)).filter((value) => value !== null);
  const [x, y] = [told(a), told(b)];
  if (x.length === 0 || y.length === 0) return null;
  const { p, least } = rankSumTest(x, y, seed);
  return {
    endpoint,
    boots: [x.length, y.length],
    medians: [median(x), median(y)],
    shift: hodgesLehmann(x, y, confidence),
    p,
    leastP: least,
  };
}

/** How often b's exceedances come for one of a's, by contender. */
export function exceedanceRatio(
  a: readonly BootFigures[],
  b: readonly BootFigures[],
  { thresholdNs, confidence }: CompareOptions,
): RateRatio | null {
  const counts = (boots: readonly BootFigures[]) => boots.map((figures) => exceedancesOf(figures, thresholdNs));
  return rateRatio(counts(a), counts(b), confidence);
}

/** A quantile of all wake-ups within horizons, b's over a's. */
export interface QuantileRatio {
  readonly q: number;
  /** Microseconds. */
  readonly quantilesUs: readonly [a: number, b: number];
  readonly estimate: number;
  /** Null when there are too few boots. */
  readonly interval: Interval | null;
}

/** Compares a quantile of the pooled wake-ups within horizons; whole boots are resampled. */
export function quantileRatio(
  q: number,
  a: readonly BootFigures[],
  b: readonly BootFigures[],
  { confidence, seed }: CompareOptions,
): QuantileRatio | null {
  const pooled = (boots: readonly BootFigures[]) =>
    histogramQuantile(mergeHistograms(boots.map(({ inside }) => inside)), q);
  const ratio = (x: readonly BootFigures[], y: readonly BootFigures[]): number | null => {
    const [under, over] = [pooled(x), pooled(y)];
    return under === null || over === null ? null : over / under;
  };
  const [under, over] = [pooled(a), pooled(b)];
  if (under === null || over === null) return null;
  const interval = clusterBootstrap(a, b, ratio, { seed, confidence });
  return { q, quantilesUs: [under / 1000, over / 1000], estimate: over / under, interval };
}
