// SPDX-License-Identifier: GPL-2.0-only
import { posix } from 'node:path';
import { runOk } from '../host/process.ts';

/** A function at an address, with `file:line`; null where there is no debug information. */
export interface SourcePlace {
  readonly func: string;
  readonly location: string | null;
}

/**
 * Looks all `addresses` up in one run of `addr2line`.
 *
 * @returns by address, innermost first: functions inlined there and last the function itself.
 * @throws HostError `COMMAND_FAILED` when the image cannot be read.
 */
export async function sourcePlaces(
  image: string,
  addresses: readonly bigint[],
  signal: AbortSignal,
): Promise<Map<bigint, SourcePlace[]>> {
  const stdin = addresses.map((address) => `0x${address.toString(16)}\n`).join('');
  const { stdout } = await runOk('addr2line', ['-e', image, '-a', '-f', '-i'], { stdin, signal });
  return parsePlaces(stdout);
}

/** Parses `addr2line -a -f -i`: an address, then pairs of function and place. */
export function parsePlaces(output: string): Map<bigint, SourcePlace[]> {
  const places = new Map<bigint, SourcePlace[]>();
  for (const block of output.split(/^(?=0x[0-9a-f]+$)/m)) {
    const [address, ...pairs] = block.trimEnd().split('\n');
    if (!address?.startsWith('0x')) continue;
    const found = pairs.flatMap((func, index) =>
      index % 2 === 0 ? [{ func, location: place(pairs[index + 1]) }] : [],
    );
    places.set(
      BigInt(address),
      found.filter(({ func, location }) => func !== '??' || location !== null),
    );
  }
  return places;
}

/** `/tree/mm/../mm/x.c:12 (discriminator 3)` is `/tree/mm/x.c:12`; `??:0` and `x.c:?` are nothing. */
function place(printed = ''): string | null {
  const match = /^(?<file>.+):(?<line>[1-9]\d*)(?: \(discriminator \d+\))?$/.exec(printed);
  const file = match?.groups?.['file'];
  return file === undefined || file === '??' ? null : `${posix.normalize(file)}:${match?.groups?.['line']}`;
}
