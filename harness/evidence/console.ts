// SPDX-License-Identifier: GPL-2.0-only
/** One printk record as it stands on a console, freed of what the transport put around it. */
export interface ConsoleLine {
  /** The message. Its own indentation is kept; stamps, levels, escapes and control characters are not. */
  readonly text: string;
  /** Printk caller id (`T98`, `C1`), null when the kernel prints none (CONFIG_PRINTK_CALLER=n). */
  readonly context: string | null;
  /** Seconds since boot by the printk timestamp; null where there is none. */
  readonly seconds: number | null;
  /** True when a second record was found in the middle of the line: newlines were lost. */
  readonly glued: boolean;
  /** True when NULs, control characters or invalid UTF-8 were taken out. */
  readonly binary: boolean;
}

/** No record of the kernel is longer than about 1 KiB; more than this is noise and would only cost time. */
const MAX_CHARS = 4096;

const ESCAPES = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f\ufffd]/g;

/** `Nov 22 09:17:01 host kernel: ` of syslog, `2023-11-22T09:17:01+00:00 host kernel: ` of journald. */
const SYSLOG =
  /^(?:[A-Z][a-z]{2} +\d{1,2} [\d:.]+|\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)(?: \S+)? kernel: ?/;
const LEVEL = /^<\d{1,3}>/;
/** `[    1.234567]` with, directly behind it, the optional caller id. */
const STAMP = /^\[ *(\d+\.\d{6})\](?:\[ *([TC]\d+)[^\]]*\])? ?/;
/** A stamp that does not open its line: the newline before it was lost. */
const INNER_STAMP = /(?:<\d{1,3}>)?\[ *\d+\.\d{6}\]/g;

/** Console bytes as text. Bytes that are no UTF-8 become U+FFFD, which `consoleLines` reports as `binary`. */
export function decodeConsole(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: false }).decode(bytes);
}

/**
 * The records in one raw line of a console: one in a sound log, several where newlines were lost,
 * none where nothing but transport is left.
 */
export function consoleLines(raw: string): ConsoleLine[] {
  const short = raw.length > MAX_CHARS ? raw.slice(0, MAX_CHARS) : raw;
  const plain = short.replace(ESCAPES, '');
  return plain
    .split('\r')
    .filter((part, index) => index === 0 || part !== '')
    .flatMap(splitAtStamps)
    .map((piece, index) => toLine(piece, index > 0));
}

function splitAtStamps(part: string): string[] {
  const cuts = [...part.matchAll(INNER_STAMP)]
    .map((match) => match.index)
    .filter((index) => part.slice(0, index).replace(CONTROLS, '').replace(SYSLOG, '').trim() !== '');
  return [0, ...cuts].map((from, index) => part.slice(from, cuts[index] ?? part.length));
}

function toLine(piece: string, glued: boolean): ConsoleLine {
  const printable = piece.replace(CONTROLS, '');
  const bare = printable.replace(SYSLOG, '').replace(LEVEL, '');
  const stamp = STAMP.exec(bare);
  return {
    text: (stamp ? bare.slice(stamp[0].length) : bare).trimEnd(),
    context: stamp?.[2] ?? null,
    seconds: stamp ? Number(stamp[1]) : null,
    glued,
    binary: printable.length !== piece.length,
  };
}
