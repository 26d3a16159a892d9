// SPDX-License-Identifier: GPL-2.0-only
import { runOk } from '../host/process.ts';
import { UsageError } from '../model/errors.ts';
import type { CodePlace, SourceFrame } from '../model/interleave.ts';

interface FunctionSymbol {
  readonly start: bigint;
  readonly name: string;
}

/** A vmlinux of half a million symbols makes tens of megabytes of text. */
const NM_LIMIT_BYTES = 256 * 1024 * 1024;

/** Where a kernel's functions are, by `nm`. */
export class SymbolTable {
  readonly #byAddress: readonly FunctionSymbol[];
  readonly #byName = new Map<string, bigint>();

  /** @param listing what `nm -n` prints: address, type and name a line, by address. */
  constructor(listing: string) {
    const functions: FunctionSymbol[] = [];
    for (const match of listing.matchAll(/^([0-9a-f]{16}) [tTwW] (\S+)$/gm)) {
      const start = BigInt(`0x${match[1]}`);
      const name = match[2] as string;
      if (!isMarker(name)) functions.push({ start, name });
      // Static functions may share a name; the first one keeps it.
      if (!this.#byName.has(name)) this.#byName.set(name, start);
    }
    this.#byAddress = functions.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }

  /** Of an exact name; null when the kernel has no such function of its own (it may be inlined). */
  addressOf(name: string): bigint | null {
    return this.#byName.get(name) ?? null;
  }

  /**
   * The first of several names, for functions that were renamed between kernels. @throws UsageError `NO_SUCH_FUNCTION`.
   */
  firstOf(names: readonly string[]): { readonly name: string; readonly address: bigint } {
    for (const name of names) {
      const address = this.addressOf(name);
      if (address !== null) return { name, address };
    }
    throw new UsageError('NO_SUCH_FUNCTION', `The kernel has no function ${names.join(' or ')}`, {
      hint: 'it may have another name in this version, or be inlined into its caller',
    });
  }

  /** Of `function` or `function+offset`. @throws UsageError `NOT_A_PLACE`, `NO_SUCH_FUNCTION`. */
  addressAt(place: string): bigint {
    const [, name, offset] = /^([^+\s]+)(?:\+(0x[0-9a-f]+|\d+))?$/i.exec(place) ?? [];
    if (name === undefined) throw new UsageError('NOT_A_PLACE', `${place}: neither function nor function+offset`);
    return this.firstOf([name]).address + BigInt(offset ?? 0);
  }

  /** The function that an address belongs to; null outside of the kernel's text. */
  place(address: bigint): CodePlace | null {
    const at = this.#indexOf(address);
    const found = this.#byAddress[at];
    if (found === undefined || at === this.#byAddress.length - 1) return null;
    return { address: `0x${address.toString(16)}`, func: found.name, offset: Number(address - found.start) };
  }

  /** Index of the last function at or before an address; of several at one address the first. */
  #indexOf(address: bigint): number {
    let low = 0;
    let high = this.#byAddress.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#byAddress[middle] as FunctionSymbol).start <= address) low = middle + 1;
      else high = middle;
    }
    let at = low - 1;
    while (at > 0 && this.#byAddress[at - 1]?.start === this.#byAddress[at]?.start) at--;
    return at;
  }
}

/**
 * Symbols of the linker script, which stand at the address of some function: `__lock_text_start` at `_raw_spin_lock`.
 */
function isMarker(name: string): boolean {
  return /^(_s?text|__\w+_text_(start|end))$/.test(name);
}

/** @throws HostError when nm cannot read the file. */
export async function loadSymbols(vmlinux: string, signal: AbortSignal): Promise<SymbolTable> {
  const options = { maxBytes: NM_LIMIT_BYTES, signal };
  return new SymbolTable((await runOk('nm', ['-n', '--defined-only', vmlinux], options)).stdout);
}

/** Source of addresses, from the line tables of a vmlinux. */
export type SourceLookup = (addresses: readonly string[]) => Promise<ReadonlyMap<string, readonly SourceFrame[]>>;

/** `addr2line -i`: every function that is inlined at an address, innermost first. */
export function sourceLookup(vmlinux: string, signal: AbortSignal): SourceLookup {
  return async (addresses) => {
    if (addresses.length === 0) return new Map();
    const args = ['-e', vmlinux, '-a', '-f', '-i', ...new Set(addresses)];
    return parseAddr2line((await runOk('addr2line', args, { signal })).stdout);
  };
}

/** Reads what `addr2line -a -f -i` prints: an address, then pairs of lines, function and `file:line`. */
export function parseAddr2line(output: string): Map<string, SourceFrame[]> {
  const chains = new Map<string, SourceFrame[]>();
  let chain: SourceFrame[] = [];
  const lines = output.trimEnd().split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (/^0x[0-9a-f]+$/.test(line)) {
      chains.set(`0x${BigInt(line).toString(16)}`, (chain = []));
      continue;
    }
    const place = (lines[++at] ?? '').replace(/ \(discriminator \d+\)$/, '');
    if (line !== '??') chain.push({ func: line, location: locationOf(place) });
  }
  return chains;
}

/** Paths inside the tree, whatever folder the kernel was built in. */
function locationOf(place: string): string | null {
  if (/^\?\?:|:[0?]$/.test(place)) return null;
  return place
    .replace(/^.*?\/(?=(?:arch|block|drivers|fs|include|init|ipc|kernel|lib|mm|net|security)\/)/, '')
    .replace(/^\.\//, '');
}
