// SPDX-License-Identifier: GPL-2.0-only
import type { LatencySamples, SwapoffWindow, WakeUp } from '../../../model/latency.ts';

/** The wake-ups of one swapoff's horizon: due while swapoff ran, and behind its return. */
export interface AttributedSwapoff {
  readonly window: SwapoffWindow;
  readonly during: readonly WakeUp[];
  readonly after: readonly WakeUp[];
}

export interface Attribution {
  readonly swapoffs: readonly AttributedSwapoff[];
  readonly outside: readonly WakeUp[];
}

/**
 * Deals every wake-up to one swapoff or to none, by its expected time: from a swapoff's entry (included) to the horizon
 * (excluded), which is equal for all variants. A window that ends at its return would favour the version whose
 * swapoff is long and idle. Each wake-up is dealt once.
 */
export function attribute({ wakeUps, windows }: LatencySamples, horizonNs: number): Attribution {
  const swapoffs = windows.map((window) => ({ window, during: [] as WakeUp[], after: [] as WakeUp[] }));
  const outside: WakeUp[] = [];
  for (const wakeUp of wakeUps) {
    const { expectedNs } = wakeUp;
    const swapoff = swapoffs[lastBegunBy(windows, expectedNs)];
    if (swapoff === undefined || expectedNs >= swapoff.window.startNs + horizonNs) outside.push(wakeUp);
    else if (expectedNs < swapoff.window.endNs) swapoff.during.push(wakeUp);
    else swapoff.after.push(wakeUp);
  }
  return { swapoffs, outside };
}

/** All wake-ups within a swapoff's horizon. */
export function withinHorizon({ during, after }: AttributedSwapoff): WakeUp[] {
  return [...during, ...after];
}

/** Nanoseconds. */
export function latencies(wakeUps: readonly WakeUp[]): number[] {
  return wakeUps.map(({ latencyNs }) => latencyNs);
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
