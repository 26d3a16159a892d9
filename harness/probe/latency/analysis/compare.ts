// SPDX-License-Identifier: GPL-2.0-only
import { clusterBootstrap } from '../../../stats/bootstrap.ts';
import { hodgesLehmann, type Shift } from '../../../stats/hodges-lehmann.ts';
import type { Interval } from '../../../stats/interval.ts';
import { median } from '../../../stats/order.ts';
import { rankSumTest } from '../../../stats/rank-sum.ts';
import { rateRatio, type RateRatio } from '../../../stats/rate-ratio.ts';
import { signedRankTest, signedShift } from '../../../stats/signed-rank.ts';
import { endpointOf, exceedancesOf, type BootFigures, type EndpointId } from '../boot/figures.ts';
import { BIN_WIDTH, histogramQuantile, mergeHistograms } from '../boot/histogram.ts';

/** One usable boot of an arm. */
export interface Replicate {
  readonly block: number;
  readonly figures: BootFigures;
}

/** One endpoint of two groups of boots, `b` against `a`. */
export interface EndpointComparison {
  readonly endpoint: EndpointId;
  /** That are compared: blocks in which both arms have one, or all. */
  readonly boots: readonly [a: number, b: number];
  /** Medians of the boots' figures. */
  readonly medians: readonly [a: number, b: number];
  /** How much b's figures lie above a's. */
  readonly shift: Shift;
  /** Two-sided, of the permutation test. */
  readonly p: number;
  /** The smallest p that so few boots can give. */
  readonly leastP: number;
  /** Differences up to this one could not have been seen whatever the boots say: a bin's width, an event too rare. */
  readonly resolution: number;
}

export interface CompareOptions {
  readonly thresholdNs: number;
  readonly confidence: number;
  readonly seed: number;
  /**
   * Boots of one block are compared with each other: what moves a whole block, a host that drifts, moves no difference.
   */
  readonly blocked: boolean;
}

/** Compares an endpoint; null when one side has no boot that has it. */
export function compareEndpoint(
  endpoint: EndpointId,
  a: readonly Replicate[],
  b: readonly Replicate[],
  options: CompareOptions,
): EndpointComparison | null {
  const { thresholdNs, confidence, seed, blocked } = options;
  const values = (boots: readonly Replicate[]): Map<number, number> =>
    new Map(
      boots.flatMap(({ block, figures }) => {
        const value = endpointOf(figures, endpoint, thresholdNs);
        return value === null ? [] : [[block, value] as const];
      }),
    );
  const [all, others] = [values(a), values(b)];
  if (all.size === 0 || others.size === 0) return null;
  const resolution = resolutionOf(endpoint, a, b, [...all.values(), ...others.values()]);
  if (!blocked) {
    const [x, y] = [[...all.values()], [...others.values()]];
    const { p, least } = rankSumTest(x, y, seed);
    return {
      ...{ endpoint, boots: [x.length, y.length], medians: [median(x), median(y)], resolution },
      ...{ shift: hodgesLehmann(x, y, confidence), p, leastP: least },
    };
  }
  const pairs = [...all].flatMap(([block, value]) => {
    const other = others.get(block);
    return other === undefined ? [] : [[value, other] as const];
  });
  if (pairs.length === 0) return null;
  const differences = pairs.map(([value, other]) => other - value);
  const { p, least } = signedRankTest(differences);
  return {
    ...{ endpoint, boots: [pairs.length, pairs.length], resolution },
    medians: [median(pairs.map(([value]) => value)), median(pairs.map(([, other]) => other))],
    ...{ shift: signedShift(differences, confidence), p, leastP: least },
  };
}

/** Events that none of `n` exposures showed are at most 3/n of them, at 95 % (the rule of three). */
const RULE_OF_THREE = 3;

function resolutionOf(
  endpoint: EndpointId,
  a: readonly Replicate[],
  b: readonly Replicate[],
  values: readonly number[],
): number {
  switch (endpoint) {
    case 'exceedances': {
      const cycles = (boots: readonly Replicate[]): number =>
        boots.reduce((sum, { figures }) => sum + figures.cycles, 0);
      return RULE_OF_THREE / Math.min(cycles(a), cycles(b));
    }
    case 'p99':
      return BIN_WIDTH * median(values);
    default:
      return 0;
  }
}

/** How often b's exceedances come for one of a's, by cycle. */
export function exceedanceRatio(
  a: readonly Replicate[],
  b: readonly Replicate[],
  { thresholdNs, confidence }: CompareOptions,
): RateRatio | null {
  const counts = (boots: readonly Replicate[]) => boots.map(({ figures }) => exceedancesOf(figures, thresholdNs));
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
  a: readonly Replicate[],
  b: readonly Replicate[],
  { confidence, seed }: CompareOptions,
): QuantileRatio | null {
  const pooled = (boots: readonly Replicate[]) =>
    histogramQuantile(mergeHistograms(boots.map(({ figures }) => figures.inside)), q);
  const ratio = (x: readonly Replicate[], y: readonly Replicate[]): number | null => {
    const [under, over] = [pooled(x), pooled(y)];
    return under === null || over === null ? null : over / under;
  };
  const [under, over] = [pooled(a), pooled(b)];
  if (under === null || over === null) return null;
  const interval = clusterBootstrap(a, b, ratio, { seed, confidence });
  return { q, quantilesUs: [under / 1000, over / 1000], estimate: over / under, interval };
}
