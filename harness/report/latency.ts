// SPDX-License-Identifier: GPL-2.0-only
/** What the latency of one variant is drawn from: counts, no opinion. */
export interface LatencyData {
  readonly variant: string;
  /** Wake-ups within the horizon of a swapoff's entry, and all others. */
  readonly inside: LatencyHistogram;
  readonly outside: LatencyHistogram;
  /** Mean duration of swapoff in each boot, milliseconds. */
  readonly swapoffMs: readonly number[];
}

/** The swapoffs of one boot, in their order. */
export interface SwapoffStrip {
  readonly arm: string;
  readonly swapoffs: readonly {
    /** Entry and return, milliseconds since the first entry. */
    readonly fromMs: number;
    readonly toMs: number;
    /** The latest wake-up of its horizon. */
    readonly worstMs: number;
    readonly exceedances: number;
  }[];
}

/**
 * Wake-ups by latency: bins in ascending order, each with its upper edge in microseconds; empty ones may be left out.
 */
export type LatencyHistogram = readonly { readonly upToUs: number; readonly count: number }[];

/** `[microseconds, share of wake-ups above them]` at each edge, as far as there is something above. */
export function exceedance(histogram: LatencyHistogram): [number, number][] {
  const total = histogram.reduce((sum, { count }) => sum + count, 0);
  let above = total;
  return histogram.flatMap(({ upToUs, count }): [number, number][] => {
    above -= count;
    return above > 0 ? [[upToUs, above / total]] : [];
  });
}

/** Both together, by the same edges. */
export function merged(a: LatencyHistogram, b: LatencyHistogram): LatencyHistogram {
  const counts = new Map<number, number>();
  for (const { upToUs, count } of [...a, ...b]) counts.set(upToUs, (counts.get(upToUs) ?? 0) + count);
  return [...counts].sort(([x], [y]) => x - y).map(([upToUs, count]) => ({ upToUs, count }));
}

/** `[milliseconds, share that took longer]` at each duration but the longest, where none did. */
export function durationsExceedance(durations: readonly number[]): [number, number][] {
  const sorted = [...durations].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((value, index) => [value, (sorted.length - index - 1) / sorted.length]);
}
