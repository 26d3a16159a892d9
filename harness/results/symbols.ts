// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { SourceFrame } from '../model/interleave.ts';
import type { SymbolLookup } from '../model/probe.ts';
import type { Frame } from '../model/splat.ts';

const source = z.strictObject({ func: z.string(), location: z.string().nullable() });

/** `symbols.json`: what was looked up, by frame or address. */
export const symbolRecord = z.strictObject({
  frames: z.record(z.string(), z.strictObject({ location: z.string().nullable(), inlined: z.array(source) })),
  places: z.record(z.string(), z.array(source)),
});
export type SymbolRecord = z.infer<typeof symbolRecord>;

/** The same lookup, with a record of what it found. */
export function recording(lookup: SymbolLookup): { readonly symbols: SymbolLookup; readonly record: SymbolRecord } {
  const record: SymbolRecord = { frames: {}, places: {} };
  const symbols: SymbolLookup = {
    splats: async (splats) => {
      const found = await lookup.splats(splats);
      for (const frame of found.flatMap(({ frames }) => frames)) {
        if (frame.location === null && frame.inlined.length === 0) continue;
        record.frames[frameKey(frame)] = { location: frame.location, inlined: [...frame.inlined] };
      }
      return found;
    },
    places: async (addresses) => {
      const found = await lookup.places(addresses);
      for (const [address, frames] of found) if (frames.length > 0) record.places[address] = [...frames];
      return found;
    },
  };
  return { symbols, record };
}

/** What was looked up before, for who has not the kernel. */
export function recorded(record: SymbolRecord): SymbolLookup {
  const located = (frame: Frame): Frame => ({ ...frame, ...record.frames[frameKey(frame)] });
  return {
    splats: async (splats) => splats.map((splat) => ({ ...splat, frames: splat.frames.map(located) })),
    places: async (addresses) =>
      new Map<string, readonly SourceFrame[]>(addresses.map((address) => [address, record.places[address] ?? []])),
  };
}

function frameKey({ symbol, offset, size, module, isIp }: Frame): string {
  return `${module ?? ''} ${symbol}+${offset ?? '?'}/${size ?? '?'}${isIp ? ' ip' : ''}`;
}
