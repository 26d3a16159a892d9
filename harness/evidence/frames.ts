// SPDX-License-Identifier: GPL-2.0-only
import type { Frame } from '../model/splat.ts';
import { oldFrames, oldIp } from './old-frames.ts';

/** Symbols of all compilers; Rust's hold blanks inside `<… as …>`, old ppc64's begin with a dot. */
const NAME = String.raw`(?<symbol>[A-Za-z_$<.][^\s+()]*(?: as [^\s+]+>[^\s+]*)?)`;
const SPAN = String.raw`\+0x(?<offset>[0-9a-f]+)(?:\/0x(?<size>[0-9a-f]+))?`;
const MODULE = String.raw`(?: \[(?<module>[\w-]+)(?:\([A-Z]+\))?(?: [0-9a-f]{8,})?(?:\]|$))?`;
const PLACE = String.raw`(?: (?<place>[\w./-]+:\d+)(?: \[inline\])?)?`;
/** What may stand before a symbol: addresses of every width, `<IRQ>` up to 4.9, `[inline]`. */
const ADDRESS =
  String.raw`(?:\[<\s*(?:0x)?[0-9a-f]+\s*>\]|\[<\s*inline\s*>\]|\[[0-9a-f]{8,16}\]` +
  String.raw`|\[[\w.:-]+\+[\dxa-f]+\/\w+\])`;
/** s390 puts what it doubts in parentheses. */
const BEFORE = String.raw`^\s*(?<paren>\((?=\[))?(?:${ADDRESS}:?\s*)*\(?(?<doubt>\? )?`;
const AFTER = String.raw`\)?${MODULE}${PLACE}\s*(?:\((?:[A-Z]+|(?<unreliable>unreliable))\))?$`;
/** `file.c:12`, and with inlined callers `inner.h:3 (discriminator 2) outer.c:12`. */
const SOURCE = String.raw`[\w.+/-]*\.(?:[chSs]|rs|cc|cpp|inc):(?:\d+|\?)|\?\?:(?:\d+|\?)|:\?`;
const PLACES = String.raw`(?:(?:${SOURCE})(?: \(discriminator \d+\))?\s?)+`;

/** ` [<ffffffff8123>] ? func.isra.0+0x12/0x34 [ext4]`, the bracketed address up to 4.10 and on other machines. */
const SYMBOL_LINE = new RegExp(BEFORE + NAME + SPAN + AFTER);
/** ` func file.c:12 [inline]` of a decoded log. */
const INLINE_LINE = new RegExp(
  String.raw`${BEFORE}(?<symbol>[A-Za-z_]\w*) (?<place>[\w./-]+\.(?:[chS]|rs):\d+)(?: \[inline\])?$`,
);
/** `func (file.c:12) module`, what scripts/decode_stacktrace.sh makes of a frame. */
const DECODED_LINE = new RegExp(
  String.raw`${BEFORE}(?<symbol>[A-Za-z_.][\w.$]*) \((?<places>${PLACES})\)(?: \[?(?<module>[\w-]+)\]?)?\s*$`,
);
/** `[<c0101234>] (func+0x1/0x2) from [<c0105678>] (caller+0x1/0x2 [module])` of 32-bit Arm. */
const ARM_SIDE = String.raw`\[<[0-9a-f]+>\] \((?<symbol>[\w.$]+)(?:${SPAN})?${MODULE}\)`;
const ARM_LINE = new RegExp(String.raw`^\s*${ARM_SIDE} from (?<caller>\[<[0-9a-f]+>\](?: \([\w.$]+\+0x.*|\s*$))`);
const ARM_CALLER = new RegExp(`^${ARM_SIDE}`);
/** ` func [module] from caller+0x1/0x2` since 5.19. */
const BARE_ARM_LINE = new RegExp(
  String.raw`^\s*(?<symbol>[\w.$]+)${MODULE} from (?<caller>[\w.$]+\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[[\w-]+\])?)$`,
);

const DECODED = String.raw`(?<decoded>[A-Za-z_.][\w.$]*) \((?<places>${PLACES})\)`;
const IP_SIDE = String.raw`(?:${NAME}${SPAN}|${DECODED})\)?${MODULE}${PLACE}`;
const X86_IP = new RegExp(
  String.raw`^\s*(?:RIP|EIP|IP)(?::| is at|(?= ))\s*(?:(?<segment>[0-9a-f]{2,4}):)?\s*(?:${ADDRESS}\s*)*` + IP_SIDE,
);
/** Arm, RISC-V, MIPS, LoongArch, ppc64, s390, sparc, m68k; what an interrupt of ppc64 came upon. */
const OTHER_IP = new RegExp(
  String.raw`^\s*(?:pc : |PC is at |pc is at |epc\s*: |ERA\s*: |NIP |Krnl PSW : [0-9a-f]+ [0-9a-f]+ |` +
    String.raw`TPC: <|PC: |--- \w+: [0-9a-f]+ at )` +
    String.raw`(?:${ADDRESS}\s*|[0-9a-f]{8,16} )*\(?` +
    IP_SIDE,
);
const NO_IP = /^\s*(?:RIP|EIP|IP): *(?:(?<segment>[0-9a-f]{2,4}):)?/;

/** Suffixes that compilers and LTO add to a function they cloned or split. */
const CLONE_SUFFIX = /(?:\.(?:isra|constprop|cold|part|llvm|lto_priv|cfi|cfi_jt|localalias)(?:\.\d+)*|\.\d+)+$/;

/** Groups that say that the unwinder is not sure of a frame. */
const DOUBTS = ['doubt', 'paren', 'unreliable'];

/** A name by itself, from which somebody took the offset. Only with `_`: it is no English word. */
const BARE_LINE = /^\s*(?<doubt>\? )?(?<symbol>[A-Za-z]*_\w+(?:\.\w+)*)$/;
const BARE_IP = /^\s*(?:pc : |RIP: 0010:)(?<symbol>[A-Za-z_]\w+)$/;

type Groups = Record<string, string | undefined>;

/** A call trace's line as a frame; null for any other line. */
export function parseFrame(line: string): Frame | null {
  return parseFrames(line)[0] ?? null;
}

/** A line with nothing but a name as a frame, which it is in a trace only; null for any other line. */
export function parseBareFrame(line: string): Frame | null {
  const groups = BARE_LINE.exec(line)?.groups;
  return groups ? toFrame(groups, false) : null;
}

/** The frames in a call trace's line, innermost first: 32-bit Arm prints each with its caller. */
export function parseFrames(line: string): Frame[] {
  // Every form has one of these; most lines have none.
  if (!/\+(?:0x|\w+[/}])|\.[chSr]s?:|:\?\)|\] 0x/.test(line)) return [];
  const symbol = SYMBOL_LINE.exec(line) ?? INLINE_LINE.exec(line) ?? DECODED_LINE.exec(line);
  if (symbol?.groups) return [toFrame(symbol.groups, false)];
  const arm = ARM_LINE.exec(line) ?? BARE_ARM_LINE.exec(line);
  if (!arm?.groups) return oldFrames(line).map((groups) => toFrame(groups, false));
  const caller = ARM_CALLER.exec(arm.groups['caller'] ?? '') ?? SYMBOL_LINE.exec(arm.groups['caller'] ?? '');
  return [toFrame(arm.groups, false), ...(caller?.groups ? [toFrame(caller.groups, false)] : [])];
}

/** The instruction pointer that a line of registers names; null for user space, raw addresses and other lines. */
export function parseIp(line: string): Frame | null {
  const groups = (X86_IP.exec(line) ?? OTHER_IP.exec(line) ?? BARE_IP.exec(line))?.groups ?? oldIp(line);
  if (!groups || isUserSegment(groups['segment'])) return null;
  return toFrame({ ...groups, symbol: groups['symbol'] ?? groups['decoded'] }, true);
}

/** True for `RIP: 0033:…`: the registers of the user space below the trace. */
export function isUserIp(line: string): boolean {
  return isUserSegment(NO_IP.exec(line)?.groups?.['segment']);
}

/** The function without what the compiler appended: `f.isra.0.cold` is `f`. */
export function functionOf(symbol: string): string {
  return symbol.replace(CLONE_SUFFIX, '').replace(/^\./, '');
}

function isUserSegment(segment: string | undefined): boolean {
  // The privilege level is in the selector's low two bits; 3 is user space (Xen runs kernels at others).
  return segment !== undefined && (Number.parseInt(segment, 16) & 3) === 3 && segment !== 'e033';
}

function toFrame(groups: Groups, isIp: boolean): Frame {
  const symbol = groups['symbol'] ?? '';
  return {
    func: functionOf(symbol),
    symbol,
    offset: hex(groups['offset']),
    size: hex(groups['size']),
    module: groups['module'] ?? null,
    reliable: DOUBTS.every((doubt) => groups[doubt] === undefined),
    isIp,
    location: groups['place'] ?? outermostPlace(groups['places']),
    inlined: [],
  };
}

/** Of the places of inlined functions the last is the function's own. */
function outermostPlace(places: string | undefined): string | null {
  const known = places?.match(/[\w.+/-]+:\d+/g) ?? [];
  return known.at(-1) ?? null;
}

function hex(digits: string | undefined): number | null {
  return digits === undefined ? null : Number.parseInt(digits, 16);
}
