// SPDX-License-Identifier: GPL-2.0-only
import { bootFigures, type BootFigures } from '../../latency/figures.ts';
import type { Random } from '../../model/random.ts';
import type { SwapoffWindow, WakeUp } from '../../model/latency.ts';
import { normal, workload } from './made-up.ts';

/** How a host delays what runs on it, whatever the kernel. */
export interface MadeUpHost {
  /** Times that a CPU of the guest goes without a core, for each CPU and horizon. */
  readonly stallsAHorizon: number;
  /** Mean length of one. */
  readonly stallMs: number;
  /**
   * Standard deviations of logarithms: of the usual latency, of its level between boots, of the rate of stalls between
   * boots.
   */
  readonly usualSpread: number;
  readonly bootUsualSpread: number;
  readonly bootStallSpread: number;
}

/** vCPUs that have a core each, vCPUs that share cores, and those of a host that does much else. */
export const HOSTS = {
  own: { stallsAHorizon: 0.1, stallMs: 2, usualSpread: 0.45, bootUsualSpread: 0.3, bootStallSpread: 0.3 },
  shared: { stallsAHorizon: 0.4, stallMs: 2, usualSpread: 0.7, bootUsualSpread: 0.2, bootStallSpread: 0.3 },
  busy: { stallsAHorizon: 0.4, stallMs: 4, usualSpread: 0.8, bootUsualSpread: 0.2, bootStallSpread: 0.5 },
} as const satisfies Record<string, MadeUpHost>;

const SWAPOFFS = 200;
const CPUS = 2;
const HORIZON_MS = workload.horizonUs / 1000;
/** Of a wake-up that nothing stands in the way of. */
const USUAL_MS = 0.1;
/** Standard deviation of the logarithm of a stop's length. */
const STOP_SPREAD = 0.7;

/** A boot on such a host, with a swapoff that stops all CPUs for so many milliseconds, median; 0 stops none. */
export function hostBoot(
  { stallsAHorizon, stallMs, usualSpread, bootUsualSpread, bootStallSpread }: MadeUpHost,
  stopMs: number,
  random: Random,
): BootFigures {
  const rate = stallsAHorizon * Math.exp(bootStallSpread * normal(random));
  const usualMs = USUAL_MS * Math.exp(bootUsualSpread * normal(random));
  const windows: SwapoffWindow[] = [];
  const wakeUps: WakeUp[] = [];
  for (let swapoff = 0; swapoff < SWAPOFFS; swapoff++) {
    const startMs = 1 + swapoff * (workload.periodUs / 1000) + random();
    windows.push({ startNs: startMs * 1e6, endNs: (startMs + 5) * 1e6 });
    const stop: Stall = { fromMs: startMs, toMs: startMs + stopMs * Math.exp(STOP_SPREAD * normal(random)) };
    for (let cpu = 0; cpu < CPUS; cpu++) {
      const stalls = [stop, ...stallsOf(startMs, rate, stallMs, random)];
      for (let dueMs = Math.ceil(startMs); dueMs < startMs + HORIZON_MS; dueMs++) {
        const late = Math.max(
          usualMs * Math.exp(usualSpread * normal(random)),
          ...stalls.map((stall) => leftOf(stall, dueMs)),
        );
        wakeUps.push({ cpu, expectedNs: dueMs * 1e6, latencyNs: late * 1e6 });
      }
    }
  }
  return bootFigures(
    { cpus: CPUS, wakeUps, windows, passes: [] },
    { horizonNs: workload.horizonUs * 1000, pages: workload.pages, instructions: null },
  );
}

interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The stalls of one CPU within one horizon: a Poisson process of exponential lengths. */
function stallsOf(startMs: number, rate: number, stallMs: number, random: Random): Stall[] {
  const stalls: Stall[] = [];
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  for (let at = exponential(HORIZON_MS / rate); at < HORIZON_MS; at += exponential(HORIZON_MS / rate)) {
    stalls.push({ fromMs: startMs + at, toMs: startMs + at + exponential(stallMs) });
  }
  return stalls;
}

/** How much of a stall is left at a time; 0 outside of it. */
function leftOf({ fromMs, toMs }: Stall, atMs: number): number {
  return fromMs <= atMs ? Math.max(0, toMs - atMs) : 0;
}
