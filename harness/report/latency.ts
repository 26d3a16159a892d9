/** What the latency of one variant is drawn from: counts, no opinion. */
export interface LatencyData {
  readonly variant: string;
  /** Wake-up latencies inside swapoff windows and outside of them. */
  readonly inside: LatencyHistogram;
  readonly outside: LatencyHistogram;
  /** Every swapoff, in milliseconds. */
  readonly swapoffMs: readonly number[];
  /** What ran beside the measurement, and the command that measured. */
  readonly load: string;
  readonly command: string;
}

/** `counts[i]` samples were in `[i * binUs, (i + 1) * binUs)`; `overflow` were above the last bin. */
export interface LatencyHistogram {
  readonly binUs: number;
  readonly counts: readonly number[];
  readonly overflow: number;
}

/** `[microseconds, share of samples above them]`, where the share changes. Empty without samples. */
export function exceedance({ binUs, counts, overflow }: LatencyHistogram): [number, number][] {
  const total = counts.reduce((sum, count) => sum + count, 0) + overflow;
  if (total === 0) return [];
  const points: [number, number][] = [];
  let above = total;
  counts.forEach((count, bin) => {
    if (count === 0) return;
    above -= count;
    if (above > 0) points.push([(bin + 1) * binUs, above / total]);
  });
  return points;
}

/** `[milliseconds, share that took longer]` at each duration but the longest. */
export function durationsExceedance(durations: readonly number[]): [number, number][] {
  const sorted = [...durations].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((value, index) => [value, (sorted.length - index - 1) / sorted.length]);
}
