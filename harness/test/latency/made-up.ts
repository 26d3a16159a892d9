// SPDX-License-Identifier: GPL-2.0-only
import type { LatencySamples, LatencyWorkload, SwapInPass, SwapoffWindow, WakeUp } from '../../model/latency.ts';
import { RECORD, RECORD_BYTES, SAMPLES_MAGIC } from '../../latency/samples.ts';
import { seededRandom, type Random } from '../../model/random.ts';

export const workload: LatencyWorkload = {
  mode: 'swapoff',
  instrument: 'sampler',
  cycles: 10,
  periodUs: 40_000,
  horizonUs: 20_000,
  intervalUs: 1_000,
  pages: 64,
  race: true,
  seconds: 60,
  hangSeconds: 20,
  holdUs: 2000,
  seed: 1,
};

export const usual: Random = seededRandom(20261122);

/** Standard normal (Box and Muller). */
export function normal(random: Random = usual): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export interface MadeUp {
  readonly cpus?: number;
  readonly windows?: readonly SwapoffWindow[];
  /** Latency in ns of a wake-up due so long after the last swapoff's entry; `since` is negative before the first. */
  readonly latencyNs?: (sinceNs: number) => number;
  readonly passes?: readonly SwapInPass[];
}

/** A boot of `workload` as its samples would be. */
export function madeUpSamples({
  cpus = 2,
  windows = regularWindows(),
  latencyNs = () => 50_000,
  passes = [],
}: MadeUp = {}): LatencySamples {
  const last = (windows.at(-1)?.startNs ?? 0) + workload.horizonUs * 1000;
  const wakeUps: WakeUp[] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    for (let expectedNs = 1_000_000; expectedNs <= last; expectedNs += workload.intervalUs * 1000) {
      const begun = windows.findLast(({ startNs }) => startNs <= expectedNs);
      wakeUps.push({ cpu, expectedNs, latencyNs: latencyNs(begun === undefined ? -1 : expectedNs - begun.startNs) });
    }
  }
  return { cpus, wakeUps, windows, passes };
}

/** Swapoffs of 5 ms, one a period, away from the grid of wake-ups. */
export function regularWindows(count = workload.cycles): SwapoffWindow[] {
  return Array.from({ length: count }, (_, index) => {
    const startNs = 10_300_000 + index * workload.periodUs * 1000;
    return { startNs, endNs: startNs + 5_000_000 };
  });
}

/** A samples file as guests/src/latency writes it. */
export function samplesFile({ cpus, wakeUps, windows, passes }: LatencySamples): Buffer {
  const records = [
    ...wakeUps.map((wakeUp) => [RECORD.wakeUp, wakeUp.cpu, wakeUp.expectedNs, wakeUp.latencyNs] as const),
    ...windows.map(({ startNs, endNs }) => [RECORD.swapoff, 0, startNs, endNs - startNs] as const),
    ...passes.map(({ startNs, durationNs }) => [RECORD.pass, 0, startNs, durationNs] as const),
  ];
  const file = Buffer.alloc(SAMPLES_MAGIC.length + (records.length + 1) * RECORD_BYTES);
  file.write(SAMPLES_MAGIC, 'latin1');
  [...records, [RECORD.end, cpus, 0, records.length] as const].forEach(([kind, cpu, at, value], index) => {
    const offset = SAMPLES_MAGIC.length + index * RECORD_BYTES;
    file.writeUInt32LE(kind, offset);
    file.writeUInt32LE(cpu, offset + 4);
    file.writeBigInt64LE(BigInt(at), offset + 8);
    file.writeBigInt64LE(BigInt(value), offset + 16);
  });
  return file;
}
