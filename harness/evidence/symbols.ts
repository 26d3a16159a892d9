// SPDX-License-Identifier: GPL-2.0-only
import { runOk } from '../host/process.ts';

interface Placed {
  readonly address: bigint;
  /** Bytes to the next symbol: what the kernel itself prints as a function's size, padding included. */
  readonly size: bigint;
}

/** Functions of a kernel image by name. */
export class SymbolTable {
  readonly #byName: ReadonlyMap<string, readonly Placed[]>;

  private constructor(byName: ReadonlyMap<string, readonly Placed[]>) {
    this.#byName = byName;
  }

  /**
   * Reads the symbols of an ELF image with `nm`.
   * @throws HostError `COMMAND_FAILED` when the file is missing or no ELF image.
   */
  static async read(image: string, signal: AbortSignal): Promise<SymbolTable> {
    const { stdout } = await runOk('nm', ['-n', '--', image], { signal });
    return SymbolTable.parse(stdout);
  }

  /** Parses what `nm -n` prints, which is also the form of System.map. */
  static parse(listing: string): SymbolTable {
    const symbols = [...listing.matchAll(/^([0-9a-f]+) ([A-Za-z]) (\S+)$/gm)]
      .map(([, address, kind, name]) => ({
        address: BigInt(`0x${address}`),
        code: /[tw]/i.test(kind ?? ''),
        name: name ?? '',
      }))
      // kallsyms does not know assembler labels either, so they do not end a function.
      .filter(({ name }) => !/^(?:\.L|\$)/.test(name));
    const starts = [...new Set(symbols.map(({ address }) => address))];
    const ends = new Map(starts.map((start, index) => [start, starts[index + 1] ?? start]));
    const byName = new Map<string, Placed[]>();
    for (const { address, code, name } of symbols) {
      if (!code) continue;
      const places = byName.get(name) ?? [];
      places.push({ address, size: (ends.get(address) ?? address) - address });
      byName.set(name, places);
    }
    return new SymbolTable(byName);
  }

  /**
   * Where a function is; null when there is none of that name and size, or several. A size that does not
   * fit means another build: no line is better than a wrong one.
   *
   * @param size as printed after the slash; null when it was not printed.
   */
  addressOf(name: string, size: number | null): bigint | null {
    const fitting = (this.#byName.get(name) ?? []).filter((place) => size === null || place.size === BigInt(size));
    const only = fitting[0];
    return only !== undefined && fitting.length === 1 ? only.address : null;
  }
}
