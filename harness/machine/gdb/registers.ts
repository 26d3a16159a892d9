// SPDX-License-Identifier: GPL-2.0-only
import { GdbError } from './errors.ts';

/** One register as the target describes it. */
export interface RegisterSpec {
  readonly name: string;
  /** Its number in `p`. */
  readonly number: number;
}

const INCLUDE = /<xi:include\s[^>]*href="([^"]+)"/g;
const REGISTER = /<reg\s([^>]*?)\/?>/g;

/** Files that a target description includes, in order. */
export function includesOf(xml: string): string[] {
  return [...xml.matchAll(INCLUDE)].map((match) => match[1] as string);
}

/**
 * The registers that target descriptions (appendix G) list, in their order: a register without a number has its
 * predecessor's plus one, across files too.
 *
 * @throws GdbError `GDB_PROTOCOL` for a register without name.
 */
export function registersOf(documents: readonly string[]): RegisterSpec[] {
  const specs: RegisterSpec[] = [];
  let number = 0;
  for (const match of documents.flatMap((xml) => [...xml.matchAll(REGISTER)])) {
    const attribute = (name: string): string | undefined =>
      new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(match[1] as string)?.[1];
    const name = attribute('name');
    if (name === undefined)
      throw new GdbError('GDB_PROTOCOL', `A register of the target description has no name: ${match[0].slice(0, 120)}`);
    number = Number(attribute('regnum') ?? number);
    specs.push({ name, number });
    number++;
  }
  return specs;
}

/** A register's value in little-endian hexadecimal. */
export function parseLittleEndian(hex: string): bigint {
  if (!/^([0-9a-f]{2})+$/i.test(hex)) throw new GdbError('GDB_PROTOCOL', `Not a register's value: ${hex.slice(0, 40)}`);
  return BigInt(`0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`);
}
