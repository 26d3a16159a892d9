// SPDX-License-Identifier: GPL-2.0-only
/** Bins a doubling of the latency: each is 2.2 % wide. */
export const BINS_PER_OCTAVE = 32;
/** Of a latency: two that are closer may lie in one bin. */
export const BIN_WIDTH = 2 ** (1 / BINS_PER_OCTAVE) - 1;

/** Latencies in bins of equal width on a logarithmic scale; by bin number, ascending. */
export interface LogHistogram {
  readonly binsPerOctave: typeof BINS_PER_OCTAVE;
  readonly bins: readonly (readonly [bin: number, count: number])[];
  readonly total: number;
}

/** A point of the complementary distribution: the share of wake-ups that were later than `latencyNs`. */
export interface TailPoint {
  readonly latencyNs: number;
  readonly share: number;
}

export function logHistogram(latenciesNs: readonly number[]): LogHistogram {
  return weightedHistogram(latenciesNs.map((latency) => [latency, 1]));
}

/** Of latencies that were counted before: [nanoseconds, count]. */
export function weightedHistogram(counted: readonly (readonly [latencyNs: number, count: number])[]): LogHistogram {
  const counts = new Map<number, number>();
  for (const [latency, count] of counted)
    if (count > 0) counts.set(binOf(latency), (counts.get(binOf(latency)) ?? 0) + count);
  return fromCounts(counts);
}

/** Everything below 1 ns is in bin 0. */
function binOf(latencyNs: number): number {
  return Math.floor(Math.log2(Math.max(1, latencyNs)) * BINS_PER_OCTAVE);
}

export function mergeHistograms(parts: readonly LogHistogram[]): LogHistogram {
  const counts = new Map<number, number>();
  for (const { bins } of parts) for (const [bin, count] of bins) counts.set(bin, (counts.get(bin) ?? 0) + count);
  return fromCounts(counts);
}

/** The bin's upper edge, so that a quantile is never smaller than it was. */
export function binEdgeNs(bin: number): number {
  return 2 ** ((bin + 1) / BINS_PER_OCTAVE);
}

/** The next edge of a bin at or above a latency: counts above an edge are exact. */
export function edgeAbove(latencyNs: number): number {
  const edge = binEdgeNs(binOf(latencyNs) - 1);
  return edge >= latencyNs ? edge : binEdgeNs(binOf(latencyNs));
}

/** Wake-ups later than an edge of a bin. */
export function countAbove({ bins }: LogHistogram, edgeNs: number): number {
  return bins.reduce((sum, [bin, count]) => (binEdgeNs(bin) > edgeNs ? sum + count : sum), 0);
}

/** The latency that a share `q` of the wake-ups did not exceed, to a bin's width; null without wake-ups. */
export function histogramQuantile({ bins, total }: LogHistogram, q: number): number | null {
  let seen = 0;
  for (const [bin, count] of bins) {
    seen += count;
    if (seen >= q * total) return binEdgeNs(bin);
  }
  return null;
}

/** The complementary distribution, one point a bin that holds something. */
export function tailOf({ bins, total }: LogHistogram): TailPoint[] {
  let left = total;
  return bins.map(([bin, count]) => {
    left -= count;
    return { latencyNs: binEdgeNs(bin), share: left / total };
  });
}

function fromCounts(counts: ReadonlyMap<number, number>): LogHistogram {
  const bins = [...counts].sort(([a], [b]) => a - b);
  return { binsPerOctave: BINS_PER_OCTAVE, bins, total: bins.reduce((sum, [, count]) => sum + count, 0) };
}
