// SPDX-License-Identifier: GPL-2.0-only
import type { Frame, Symbolizer } from '../model/splat.ts';
import { sourcePlaces, type SourcePlace } from './addr2line.ts';
import { SymbolTable } from './symbols.ts';

/** In every kernel, and never moved: its path says where the tree was when it was built. */
const LANDMARK = { symbol: 'start_kernel', file: 'init/main.c' } as const;

/**
 * A symbolizer on binutils' `nm` and `addr2line`: one run of each for a whole batch, the symbols read once.
 *
 * Frames of modules, of functions that the image does not have (or has twice in the printed size), and of
 * an image of another build keep `location: null`. Paths are relative to the kernel tree.
 *
 * @param vmlinux the image of the kernel that printed the splats, with line tables.
 * `symbolize` throws HostError: `PROGRAM_MISSING` without binutils, `COMMAND_FAILED` when `vmlinux` is unreadable.
 */
export function addr2lineSymbolizer(vmlinux: string): Symbolizer {
  let table: SymbolTable | null = null;
  return {
    async symbolize(splats, signal) {
      if (splats.every((splat) => splat.frames.length === 0)) return [...splats];
      const symbols = (table ??= await SymbolTable.read(vmlinux, signal));
      const landmark = symbols.addressOf(LANDMARK.symbol, null);
      const addresses = splats.flatMap((splat) => splat.frames).map((frame) => addressOf(frame, symbols));
      const wanted = new Set([...addresses, landmark].filter((address) => address !== null));
      const places = await sourcePlaces(vmlinux, [...wanted], signal);
      const tree = treeOf(landmark === null ? [] : (places.get(landmark) ?? []));
      return splats.map((splat) => ({
        ...splat,
        frames: splat.frames.map((frame) => locate(frame, symbols, places, tree)),
      }));
    },
  };
}

/** The instruction that a frame is about: before a return address is the call. */
function addressOf(frame: Frame, symbols: SymbolTable): bigint | null {
  if (frame.module !== null || frame.offset === null) return null;
  // Nothing returns to the first byte of a function; such frames are leftovers on the stack.
  if (frame.offset === 0 && !frame.isIp) return null;
  if (frame.size !== null && frame.offset > frame.size) return null;
  const start = symbols.addressOf(frame.symbol, frame.size);
  return start === null ? null : start + BigInt(frame.offset) - (frame.isIp ? 0n : 1n);
}

function locate(frame: Frame, symbols: SymbolTable, places: ReadonlyMap<bigint, SourcePlace[]>, tree: string): Frame {
  const address = addressOf(frame, symbols);
  const found = (address === null ? undefined : places.get(address)) ?? [];
  const own = found.at(-1);
  if (!own) return frame;
  const relative = (location: string | null) => (location?.startsWith(tree) ? location.slice(tree.length) : location);
  return {
    ...frame,
    location: relative(own.location),
    inlined: found.slice(0, -1).map(({ func, location }) => ({ func, location: relative(location) })),
  };
}

/** The folder of the tree with its slash; empty when the image does not say. */
function treeOf(landmark: readonly SourcePlace[]): string {
  const location = landmark.at(-1)?.location ?? '';
  const at = location.lastIndexOf(`${LANDMARK.file}:`);
  return at > 0 ? location.slice(0, at) : '';
}
