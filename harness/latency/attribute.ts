import type { LatencySamples, SwapoffWindow } from '../model/latency.ts';

/**
 * Where a wake-up's expected time lies: while swapoff runs, behind its return but within the horizon from its entry, or
 * neither.
 */
export const PHASES = ['during', 'after', 'outside'] as const;
export type Phase = (typeof PHASES)[number];

/** The wake-ups of one swapoff's horizon. Latencies in nanoseconds. */
export interface AttributedSwapoff {
  readonly window: SwapoffWindow;
  readonly during: readonly number[];
  readonly after: readonly number[];
}

export interface Attribution {
  readonly swapoffs: readonly AttributedSwapoff[];
  readonly outside: readonly number[];
}

/**
 * Deals every wake-up to one swapoff or to none, by its expected time: from a swapoff's entry (included) to the horizon
 * (excluded), which is equal for all variants. A window that ends at its return would favour the version whose
 * swapoff is long and idle. Each wake-up is dealt once.
 */
export function attribute({ wakeUps, windows }: LatencySamples, horizonNs: number): Attribution {
  const swapoffs = windows.map((window) => ({ window, during: [] as number[], after: [] as number[] }));
  const outside: number[] = [];
  for (const { expectedNs, latencyNs } of wakeUps) {
    const swapoff = swapoffs[lastBegunBy(windows, expectedNs)];
    if (swapoff === undefined || expectedNs >= swapoff.window.startNs + horizonNs) outside.push(latencyNs);
    else if (expectedNs < swapoff.window.endNs) swapoff.during.push(latencyNs);
    else swapoff.after.push(latencyNs);
  }
  return { swapoffs, outside };
}

/** All latencies within a swapoff's horizon. */
export function withinHorizon({ during, after }: AttributedSwapoff): number[] {
  return [...during, ...after];
}

/** Index of the last window that starts at or before a time; -1 when none does. */
function lastBegunBy(windows: readonly SwapoffWindow[], timeNs: number): number {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((windows[middle] as SwapoffWindow).startNs <= timeNs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
