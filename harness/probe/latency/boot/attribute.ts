// SPDX-License-Identifier: GPL-2.0-only
import type { LatencySamples, ContenderCall, WakeUp } from '../types.ts';

/** The wake-ups of one cycle's horizon: due while it ran, and after its return. */
export interface AttributedCycle {
  readonly window: ContenderCall;
  readonly during: readonly WakeUp[];
  readonly after: readonly WakeUp[];
}

export interface Attribution {
  readonly cycles: readonly AttributedCycle[];
  readonly outside: readonly WakeUp[];
}

/**
 * Deals every wake-up to one cycle or to none, by its expected time: from the contender's entry (included) to the
 * horizon (excluded), which is equal for all variants. A window that ends at its return would favour the version whose
 * contender is long and idle. Each wake-up is dealt once.
 */
export function attribute({ wakeUps, windows }: LatencySamples, horizonNs: number): Attribution {
  const cycles = windows.map((window) => ({ window, during: [] as WakeUp[], after: [] as WakeUp[] }));
  const outside: WakeUp[] = [];
  for (const wakeUp of wakeUps) {
    const { expectedNs } = wakeUp;
    const cycle = cycles[lastBegunBy(windows, expectedNs)];
    if (cycle === undefined || expectedNs >= cycle.window.startNs + horizonNs) outside.push(wakeUp);
    else if (expectedNs < cycle.window.endNs) cycle.during.push(wakeUp);
    else cycle.after.push(wakeUp);
  }
  return { cycles, outside };
}

/** All wake-ups within a cycle's horizon. */
export function withinHorizon({ during, after }: AttributedCycle): WakeUp[] {
  return [...during, ...after];
}

/** Nanoseconds. */
export function latencies(wakeUps: readonly WakeUp[]): number[] {
  return wakeUps.map(({ latencyNs }) => latencyNs);
}

/** Index of the last window that starts at or before a time; -1 when none does. */
function lastBegunBy(windows: readonly ContenderCall[], timeNs: number): number {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((windows[middle] as ContenderCall).startNs <= timeNs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
