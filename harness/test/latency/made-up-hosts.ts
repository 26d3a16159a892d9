import { bootFigures, type BootFigures } from '../../latency/figures.ts';
import type { Random } from '../../latency/stats/random.ts';
import type { SwapoffWindow, WakeUp } from '../../model/latency.ts';
import { normal, workload } from './made-up.ts';

/** How a host delays what runs on it, whatever the kernel. */
export interface MadeUpHost {
  /** Times that a CPU of the guest goes without a core, for each CPU and horizon. */
  readonly stallsAHorizon: number;
  /** Mean length of one. */
  readonly stallMs: number;
}

/** Two vCPUs on two cores that have little else to do, and that have much. */
export const HOSTS = {
  calm: { stallsAHorizon: 0.05, stallMs: 4 },
  busy: { stallsAHorizon: 0.4, stallMs: 4 },
} as const satisfies Record<string, MadeUpHost>;

const SWAPOFFS = 200;
const CPUS = 2;
const HORIZON_MS = workload.horizonUs / 1000;
/** Of a wake-up that nothing stands in the way of. */
const USUAL_MS = 0.1;
const USUAL_SPREAD = 0.8;
/** Standard deviations of logarithms: between boots, of the usual latency and of stalls' rates; and of stops' lengths. */
const BOOT_USUAL_SPREAD = 0.2;
const BOOT_STALL_SPREAD = 0.5;
const STOP_SPREAD = 0.7;

/** A boot on such a host, with a swapoff that stops all CPUs for so many milliseconds, median; 0 stops none. */
export function hostBoot({ stallsAHorizon, stallMs }: MadeUpHost, stopMs: number, random: Random): BootFigures {
  const rate = stallsAHorizon * Math.exp(BOOT_STALL_SPREAD * normal(random));
  const usualMs = USUAL_MS * Math.exp(BOOT_USUAL_SPREAD * normal(random));
  const windows: SwapoffWindow[] = [];
  const wakeUps: WakeUp[] = [];
  for (let swapoff = 0; swapoff < SWAPOFFS; swapoff++) {
    const startMs = 1 + swapoff * (workload.periodUs / 1000) + random();
    windows.push({ startNs: startMs * 1e6, endNs: (startMs + 5) * 1e6 });
    const stop: Stall = { fromMs: startMs, toMs: startMs + stopMs * Math.exp(STOP_SPREAD * normal(random)) };
    for (let cpu = 0; cpu < CPUS; cpu++) {
      const stalls = [stop, ...stallsOf(startMs, rate, stallMs, random)];
      for (let dueMs = Math.ceil(startMs); dueMs < startMs + HORIZON_MS; dueMs++) {
        const late = Math.max(usualMs * Math.exp(USUAL_SPREAD * normal(random)), ...stalls.map((stall) => leftOf(stall, dueMs)));
        wakeUps.push({ cpu, expectedNs: dueMs * 1e6, latencyNs: late * 1e6 });
      }
    }
  }
  return bootFigures({ cpus: CPUS, wakeUps, windows, passes: [] }, { horizonNs: workload.horizonUs * 1000, pages: workload.pages, instructions: null });
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
