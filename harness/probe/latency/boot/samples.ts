// SPDX-License-Identifier: GPL-2.0-only
import type { LatencySamples, SwapInPass, ContenderCall, Unusable, WakeUp } from '../types.ts';

/** First bytes of a samples file (record.c of the race’s program latency); the digit is the format's version. */
export const SAMPLES_MAGIC = 'SWLATN01';
/** kind and CPU as 32 bits, time and value as 64; little-endian. */
export const RECORD_BYTES = 24;

/** What a record holds; `cpu`, `at`, `value` of the record in brackets. */
export const RECORD = {
  /** A wake-up (CPU, expected time, latency). */
  wakeUp: 1,
  /** A call of the contender (0, entry, duration). */
  contender: 2,
  /** A pass of a swap-in thread over all pages (CPU, start, duration). */
  pass: 3,
  /** The last record (number of CPUs, 0, number of records before it). */
  end: 4,
} as const;

/**
 * A samples file's content, not yet checked against itself, or why there is none: one that is not whole is not read in
 * part.
 */
export function parseSamples(bytes: Uint8Array): LatencySamples | Unusable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = new TextDecoder('latin1').decode(bytes.subarray(0, SAMPLES_MAGIC.length));
  if (magic !== SAMPLES_MAGIC) return truncated(`it begins with ${JSON.stringify(magic)}, not with ${SAMPLES_MAGIC}`);
  const body = bytes.length - SAMPLES_MAGIC.length;
  const count = Math.floor(body / RECORD_BYTES);
  if (body % RECORD_BYTES !== 0) return truncated(`it ends in the middle of record ${count}`);
  const wakeUps: WakeUp[] = [];
  const windows: ContenderCall[] = [];
  const passes: SwapInPass[] = [];
  for (let index = 0; index < count; index++) {
    const { kind, cpu, at, value } = record(view, SAMPLES_MAGIC.length + index * RECORD_BYTES);
    switch (kind) {
      case RECORD.wakeUp:
        wakeUps.push({ cpu, expectedNs: at, latencyNs: value });
        break;
      case RECORD.contender:
        windows.push({ startNs: at, endNs: at + value });
        break;
      case RECORD.pass:
        passes.push({ startNs: at, durationNs: value });
        break;
      case RECORD.end:
        if (index !== count - 1) return truncated(`something follows its end mark, record ${index} of ${count}`);
        if (value !== index) return truncated(`${index} records of ${value} are there`);
        return { cpus: cpu, wakeUps, windows, passes };
      default:
        return truncated(`record ${index} is of the unknown kind ${kind}`);
    }
  }
  return truncated(`it has no end mark after ${count} records`);
}

function record(view: DataView, at: number) {
  return {
    kind: view.getUint32(at, true),
    cpu: view.getUint32(at + 4, true),
    // Nanoseconds since boot stay below 2^53 for 104 days.
    at: Number(view.getBigInt64(at + 8, true)),
    value: Number(view.getBigInt64(at + 16, true)),
  };
}

function truncated(reason: string): Unusable {
  return { kind: 'inconclusive', cause: 'truncated', reason: `the samples file is not whole: ${reason}` };
}
