// SPDX-License-Identifier: GPL-2.0-only
import { Prefix, suffixOf } from './prefix.ts';
import { unwrap } from './wrapping.ts';

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
  /** True when a stamp, a tag or a learned prefix says that this is a kernel's record. */
  readonly marked: boolean;
  /** What was taken off before the message. */
  readonly prefix: string;
}

/** No record of the kernel is longer than about 1 KiB; more than this is noise and would only cost time. */
const MAX_CHARS = 4096;
const MAX_PREFIXES = 8;
const RECENT_LINES = 16;
/** Of the lines around one with an unknown prefix, this share must have the prefix too. */
const SHARE = 0.4;

const CONTROLS = /[\0-\x08\x0b-\x1f\x7f\ufffd]/g;
const LEVEL = /^\s*<\d{1,3}>/;
/** `[    1.234567]` with, directly after it, the optional caller id. */
const PRINTK = /^\s*(?:<\d{1,3}>\s*)?\[? *(\d+\.\d{3,9})\](?:\[ *([TC]\d+)[^\]]*\])? ?/;
/** A level as a word, as what reads a dump of another machine's memory prints it; `INFO: ` begins headlines. */
const LEVEL_WORD = /^\s*(?:EMERG|ALERT|CRIT|ERR|WARN|NOTICE|DEBUG): ?/;
/** What a mail that is answered to has before each line. */
const QUOTE = /^(?:\s?>{1,16})+(?: |$)/;
/** What `dmesg -x` puts before a message, stamped or not. */
const FACILITY = /^\s*(?:\d{4}-\S+\s+)?\w+ *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: /;
/** What vendors put after the stamp: a CPU, and with it whom it ran; `-` with interrupts off. */
const CPU_MARK = /^\s*(?::\s+)?(?:[-*.]?\(\d{1,3}\)\[ *\d+:[^\]]{1,24}\]|@\d{1,3} )/;
/** `init: (1) ERROR: `, whom a vendor's kernel ran. */
const TASK_MARK = /^\s*[\w./:-]{1,24}: \(\d+\) [A-Z]{3,7}: /;
const LAST_CPU_MARK = /[-*.]?\(\d{1,3}\)\[ *\d+:[^\]]{1,24}\]$/;
/** Every other time in brackets: `[Tue Nov 14 10:11:12 2023]`, `[  +0.000012]`, `[<    0.000012>]`. */
const BRACKETED_TIME = /^\s*\[(?=[^\]]*\d[.:]\d\d)(?: *(\d+\.\d+)(?= *[<\]]))?[^\]<>]*(?:<[ \d.+]+>)?\s*\] ?/;
/** `Nov 22 09:17:01 host kernel: ` of every syslog, whatever its language and time; ` kernel:` of wall(1). */
const TAG = /^(?:[^"'{}]{0,160}?[\s.|:])?kernel(?:\[\d+\])?: ?/;
/** A stamp that does not open its line: a prefix is before it, or the newline before it was lost. */
const INNER_STAMP = /(?:<\d{1,3}>)?\[ *\d+\.\d{6}\]/g;
/** Without a blank, and with punctuation before the stamp: a file's name, a line's number. */
const COMPACT = /^\s*\S{1,60}[-:|>#;,)\]]\s*$/;

/** Console bytes as text. Bytes that are no UTF-8 become U+FFFD, which is reported as `binary`. */
export function decodeConsole(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: false }).decode(bytes);
}

const OTHERS = [LEVEL, FACILITY, CPU_MARK, TASK_MARK];
const isPresent = (match: RegExpExecArray | null) => match !== null;

interface Located {
  readonly end: number;
  readonly context: string | null;
  readonly seconds: number | null;
  readonly marked: boolean;
  readonly prefix: Prefix | null;
}

/**
 * Takes off what a log came through. Stamps of printk and tags of syslog are known; any other prefix is learned from
 * the log itself: it stands before most lines around the first line that needs it.
 */
export class Console {
  /** Most recently used first. */
  #prefixes: Prefix[] = [];
  /** What ends the lines of a log whose prefix need not be learned. */
  #suffix: string | null = null;
  readonly #recent: string[] = [];
  #next = 0;
  #coming: readonly string[] = [];

  /** Keeps a raw line as a witness for prefixes, without looking at it. */
  remember(raw: string): void {
    this.#recent[this.#next++ % RECENT_LINES] = raw;
  }

  /** The lines that `remember` was called with last, at most 16, the oldest first. */
  get recent(): readonly string[] {
    const oldest = this.#next % RECENT_LINES;
    return [...this.#recent.slice(oldest), ...this.#recent.slice(0, oldest)];
  }

  /**
   * The records in one raw line: one in a sound log, several where newlines were lost, none where nothing but transport
   * is left.
   * @param coming lines from this one on, where they are known: witnesses for its prefix.
   */
  read(raw: string, coming: readonly string[] = []): ConsoleLine[] {
    this.#coming = coming;
    const short = raw.length > MAX_CHARS ? raw.slice(0, MAX_CHARS) : raw;
    return this.#withoutSuffix(unwrap(short))
      .split('\r')
      .filter((part, index) => index === 0 || part !== '')
      .flatMap((part) => this.#split(part));
  }

  /**
   * Learns that `prefix` stands before messages, if enough of the `witnesses` begin with one of its shape.
   * @returns false when they do not.
   */
  learn(prefix: string, witnesses: readonly string[], share = SHARE): boolean {
    // A mark is known by itself, and not the same on every line.
    const text = prefix.replace(LAST_CPU_MARK, '');
    if (!Prefix.possible(text)) return false;
    const candidate = Prefix.of(text);
    const lines = witnesses.map((raw) => unwrap(raw.slice(0, MAX_CHARS))).filter((line) => line.trim() !== '');
    const having = lines.filter((line) => candidate.lengthIn(line) > 0);
    if (having.length < Math.max(1, lines.length * share)) return false;
    this.#use(candidate.withSuffixOf(having));
    return true;
  }

  /** Learns what `raw` and nearly all of the `witnesses` end with. @returns false where that is nothing new. */
  learnSuffix(raw: string, witnesses: readonly string[]): boolean {
    if (this.#suffix !== null || this.#prefixes.length > 0) return false;
    const clean = (line: string) => unwrap(line.slice(0, MAX_CHARS)).trimEnd();
    this.#suffix = suffixOf(clean(raw), witnesses.map(clean));
    return this.#suffix !== null;
  }

  #withoutSuffix(line: string): string {
    const suffix = this.#suffix;
    if (suffix === null) return line;
    const trimmed = line.trimEnd();
    return trimmed.endsWith(suffix) ? trimmed.slice(0, -suffix.length) : line;
  }

  #use(prefix: Prefix): void {
    this.#prefixes = [prefix, ...this.#prefixes.filter((other) => !other.equals(prefix))].slice(0, MAX_PREFIXES);
  }

  #split(raw: string): ConsoleLine[] {
    const part = raw.replace(CONTROLS, '');
    const binary = part.length !== raw.length;
    const located = this.#locate(part);
    const cuts = [...part.matchAll(INNER_STAMP)].map((match) => match.index).filter((index) => index >= located.end);
    const first = cuts[0];
    const unknown = first !== undefined && located.seconds === null ? part.slice(0, first) : '';
    if (this.#isPrefix(unknown)) return this.#split(raw);
    const starts = [located.end, ...cuts.filter((index) => part.slice(0, index).trim() !== '')];
    return starts.map((from, index) => {
      const piece = part.slice(from, starts[index + 1] ?? part.length);
      return index === 0 ? toLine(piece, part, located, false, binary) : toLine(...restamped(piece), true, binary);
    });
  }

  #isPrefix(text: string): boolean {
    if (!Prefix.possible(text)) return false;
    const shape = Prefix.of(text, true);
    const [before, after] = [this.#recent, this.#coming.slice(1)];
    const having = [...before, ...after].map(unwrap).filter((line) => shape.lengthIn(line) > 0);
    if (having.length === 0 && !COMPACT.test(text)) return false;
    this.#use(shape.withSuffixOf(having));
    return true;
  }

  #locate(line: string): Located {
    let end = 0;
    let [context, seconds, marked] = [null as string | null, null as number | null, false];
    const prefix = this.#prefixes.find((each) => each.lengthIn(line) > 0) ?? null;
    if (prefix) {
      end = prefix.lengthIn(line);
      ({ context, seconds } = prefix.facts(line.slice(0, end)));
      marked = true;
    }
    // A syslog's tag before a stamp, a level before a time: at most three of them follow each other.
    for (let round = 0; round < 5; round++) {
      const rest = line.slice(end);
      const stamp = PRINTK.exec(rest);
      const known = stamp ?? [BRACKETED_TIME, TAG, ...OTHERS].map((mark) => mark.exec(rest)).find(isPresent);
      const match = known ?? LEVEL_WORD.exec(rest) ?? (round === 0 ? QUOTE.exec(rest) : null);
      if (!match) break;
      if (match[1] !== undefined) seconds = Number(match[1]);
      context = stamp?.[2] ?? context;
      // Others say `NOTICE: ` too.
      marked ||= known !== undefined;
      end += match[0].length;
    }
    return { end, context, seconds, marked, prefix };
  }
}

function restamped(piece: string): [string, string, Located] {
  const stamp = PRINTK.exec(piece);
  const end = stamp?.[0].length ?? 0;
  const [seconds, context] = [stamp ? Number(stamp[1]) : null, stamp?.[2] ?? null];
  return [piece.slice(end), piece, { end, context, seconds, marked: stamp !== null, prefix: null }];
}

function toLine(piece: string, whole: string, located: Located, glued: boolean, binary: boolean): ConsoleLine {
  const { end, context, seconds, marked, prefix } = located;
  return {
    text: (prefix ? prefix.strip(piece) : piece).trimEnd(),
    context,
    seconds,
    glued,
    binary,
    marked,
    prefix: whole.slice(0, end),
  };
}

/** The records of one line by itself, without what a log around it would teach. */
export function consoleLines(raw: string): ConsoleLine[] {
  return new Console().read(raw);
}
