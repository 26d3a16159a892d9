// SPDX-License-Identifier: GPL-2.0-only
import { namedGroups } from './pattern.ts';

type Groups = Record<string, string>;

/** A symbol, its offset in decimal: klogd's, several to a line. */
const DECIMAL = String.raw`(?<symbol>[A-Za-z_.]\w*)\+(?<offset>\d+)`;
const KLOGD = String.raw`\[(?:(?<module>[\w-]+):)?${DECIMAL}\/(?<size>\d+)\]`;
/** `<ffffffff80123456>{:ext3:f+34}` of 64-bit x86. */
const BRACED = String.raw`<[0-9a-f]{16}>\s?\{(?::(?<module>[\w-]+):)?${DECIMAL}\}`;
/** What ksymoops makes of an address. */
const KSYMOOPS =
  String.raw`; [0-9a-f]{8,16} <(?:\[(?<module>[\w-]+)\])?(?<symbol>[A-Za-z_.][\w.]*)` +
  String.raw`\+(?<offset>[0-9a-f]+)\/(?<size>[0-9a-f]+)>`;
/** Red Hat's 2.4: `f [ext3] 0x22 (0xc7f31f60)`. */
const SPACED = String.raw`(?<symbol>[A-Za-z_]\w*) \[(?<module>[\w-]+)\] 0x(?<offset>[0-9a-f]+)(?: \(\S+\))?\s*$`;

/** Everything that a line of such a trace may hold. */
const ONE = [KLOGD, BRACED].map((form) => new RegExp(String.raw`^\s*${form}(?=\s|$|<)`));
const RAW = /^\s*\[<[0-9a-f]{8,16}>\](?=\s|$)/;
const WHOLE = [new RegExp(`^Trace${KSYMOOPS}`), new RegExp(String.raw`^\s*\[<[0-9a-f]+>\] ${SPACED}`)];
const IPS = [
  new RegExp(`^>>(?:[ER]?IP|PC|NIP)${KSYMOOPS}`),
  new RegExp(String.raw`^\s*EIP is at ${SPACED}`),
  new RegExp(String.raw`^\s*[ER]IP:\s*(?<segment>[0-9a-f]{2,4}):${KLOGD}(?! \[)`),
  new RegExp(String.raw`^\s*RIP: (?<segment>[0-9a-f]{2,4}):(?:\[<[0-9a-f]{16}>\])? ${BRACED}`),
  // Below a headline that ends with `RIP:`; a trace's lines are indented.
  new RegExp(`^${BRACED}$`),
];
/** Where an address was that no symbol is before. */
const NOWHERE = /^(?:pg0|_end|END_OF_CODE|\.text\.lock\.\w+|__insmod_.*)$/;

/** The frames in a line of a trace as 2.4 and 2.6 print it, klogd or ksymoops translated it; offsets in hexadecimal. */
export function oldFrames(line: string): Groups[] {
  const whole = WHOLE.map((form) => form.exec(line)).find((match) => match !== null);
  if (whole) return known(namedGroups(whole));
  const frames: Groups[] = [];
  for (let rest = line; ;) {
    const match = ONE.map((form) => form.exec(rest)).find((each) => each !== null);
    const taken = match ?? RAW.exec(rest);
    if (!taken) return rest.trim() === '' ? frames : [];
    if (match) frames.push(...known(inHexadecimal(namedGroups(match))));
    rest = rest.slice(taken[0].length);
  }
}

/** The instruction pointer that such a line of registers names. */
export function oldIp(line: string): Groups | null {
  for (const [index, form] of IPS.entries()) {
    const match = form.exec(line);
    if (match) return known(index < 2 ? namedGroups(match) : inHexadecimal(namedGroups(match)))[0] ?? null;
  }
  return null;
}

function known(groups: Groups): Groups[] {
  const { module, ...others } = groups;
  const frame = module === undefined || module === 'kernel' ? others : groups;
  return NOWHERE.test(groups['symbol'] ?? '') ? [] : [frame];
}

function inHexadecimal(groups: Groups): Groups {
  const converted = ['offset', 'size'].flatMap((name) =>
    groups[name] === undefined ? [] : [[name, Number(groups[name]).toString(16)] as const],
  );
  return { ...groups, ...Object.fromEntries(converted) };
}
