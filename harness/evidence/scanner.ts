// SPDX-License-Identifier: GPL-2.0-only
import type { Pending, ScanEvent } from './scan-event.ts';
import type { Splat } from '../model/splat.ts';
import { Console, decodeConsole, type ConsoleLine } from './console.ts';
import type { Firing } from './detector.ts';
import { OpenSplats } from './open-splats.ts';
import { partOf, type NumberedLine } from './parts.ts';
import { either } from './pattern.ts';
import { PstoreParts } from './pstore.ts';
import {
  CUT_HERE,
  DROPPED,
  END_TRACE,
  FIRMWARE,
  BEFORE_BANNER,
  ORDERLY_END,
  REPEATED,
  RULE,
  RUNNING,
  SWAP_REFUSAL,
} from './report-body.ts';
import { fire, fireInside, isNotable, isUnmistakable, unfolded } from './table.ts';

/** A headline that no known prefix explains. */
export interface Unread {
  /** 0-based. */
  readonly line: number;
  readonly text: string;
}

/** Lines between a rule and the headline after it. */
const PRELUDE_LINES = 12;
/** No headline ends so: what follows it on its line may be on every line. */
const SUFFIXED = /[|`,;*#\\]\s*$/;
/** A headline with an unknown prefix waits for this many lines, which show whether it is one. */
const WITNESSES = 12;
/** Of the lines from a headline on, this share shows a prefix that those before it lack. */
const PASTED_SHARE = 0.75;
/** With this many lines before it nothing needs to be waited for. */
const ENOUGH_BEFORE = 8;
/** The longest name of a task: it may be one newline after the other. */
const MAX_COMM = 15;
/** A banner this soon after what says so is no boot. */
const REPEATED_LINES = 4;
const NONE: ScanEvent[] = [];

/**
 * Finds splats in a console, a line at a time. The same lines give the same splats however they arrive, and its memory
 * does not grow with the log.
 *
 * Contexts (printk's caller ids, where the kernel prints them) are followed apart: a splat holds the lines of its own
 * context, but for those that several CPUs write together. Without caller ids a line goes to the splat that expects it.
 *
 * @example
 * const scanner = new SplatScanner();
 * guest.onConsoleLine((line) => scanner.push(line).forEach(show));
 * // When the console has been quiet for a while, `settle()`; when it is over, `finish()`.
 */
export class SplatScanner {
  readonly #console = new Console();
  readonly #splats = new OpenSplats();
  #line = 0;
  /** Whether the last banner was stamped; null while there was none. */
  #banner: boolean | null = null;
  /** Firmware runs: what it prints is no kernel's, stamped or not. */
  #firmware = false;
  /** Firmware ran after a kernel had. */
  #restarted = false;
  /** The machine was about to start again: a panic, or an order. */
  #ending = false;
  /** A daemon wrote the last banner down: it is stopped before the kernel's last words, so those are missing. */
  #daemon = false;
  /** Blanks before the last headline, which has none of its own: what follows it was indented with it. */
  #indent = 0;
  /** Raw lines that wait for the prefix of the first of them to be known. */
  #held: string[] = [];
  #unread: Unread | null = null;
  /** A line that may be a headline's first part: a task's name may hold a newline. */
  #begun: (ConsoleLine & { readonly index: number }) | null = null;

  /** Number of the next line, 0-based. */
  get line(): number {
    return this.#line + this.#held.length;
  }

  get pending(): Pending {
    return this.#splats.pending;
  }

  /** The first line that holds a headline in a form that could not be read; null while there is none. */
  get unread(): Unread | null {
    return this.#unread;
  }

  /** Takes one line of the console, without its newline. */
  push(raw: string): ScanEvent[] {
    if (this.#held.length > 0) return this.#hold(raw);
    if (!this.#splats.busy && this.#begun === null && !isNotable(raw)) {
      this.#console.remember(raw);
      this.#line++;
      return NONE;
    }
    if (this.#mustWait(raw)) return this.#hold(raw);
    this.#take(raw);
    return this.#splats.drain();
  }

  /** The console has fallen silent: what is open ends here. Lines may still follow. */
  settle(): ScanEvent[] {
    this.#release();
    this.#splats.closeAll('quiet');
    return this.#splats.drain();
  }

  /** The console has ended: what is open and has not had its last line is truncated. */
  finish(): ScanEvent[] {
    this.#release();
    this.#splats.closeAll('cut');
    return this.#splats.drain();
  }

  #hold(raw: string): ScanEvent[] {
    this.#held.push(raw);
    if (this.#held.length < WITNESSES) return NONE;
    this.#release();
    return this.#splats.drain();
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    held.forEach((raw, index) => this.#take(raw, held.slice(index)));
  }

  /** A headline stands inside a line, and too little came before it to say whether after a prefix. */
  #mustWait(raw: string): boolean {
    const { recent } = this.#console;
    if (recent.filter((other) => other.trim() !== '').length >= ENOUGH_BEFORE) return this.#isPastedInProse(raw);
    if (SUFFIXED.test(raw)) return true;
    const [line, glued] = this.#console.read(raw);
    if (!line) return false;
    return glued ? !line.marked && line.text !== '' : headlineInside(line.text) !== null;
  }

  /** A headline stands after what the lines before it do not begin with: only those after it can say more. */
  #isPastedInProse(raw: string): boolean {
    const [line, glued] = this.#console.read(raw);
    if (!line || glued || line.marked) return false;
    const headline = headlineInside(line.text);
    if (headline === null || !isCertain(line.text.slice(headline))) return false;
    return !this.#console.learn(line.prefix + line.text.slice(0, headline), this.#console.recent);
  }

  #take(raw: string, coming: readonly string[] = [raw]): void {
    const index = this.#line++;
    if (raw.includes(BANNER)) this.#daemon = DAEMON.test(raw);
    for (const line of this.#read(raw, coming, index)) this.#record(line, index);
    this.#console.remember(raw);
  }

  /** The records of a line; where a headline or a part of a splat follows other text, that is learned as a prefix. */
  #read(raw: string, coming: readonly string[], index: number): ConsoleLine[] {
    const lines = this.#console.read(raw, coming);
    const [line] = lines;
    if (!line || lines.length > 1) return lines;
    const headline = headlineInside(line.text);
    const suffixed = isNotable(line.text) ? fire(line.text) !== null : isUnreadFrame(line.text);
    if (suffixed && (line.marked || headline === null)) {
      if (this.#console.learnSuffix(raw, [...this.#console.recent, ...coming])) return this.#console.read(raw);
    }
    // After a stamp only what is in brackets is no message: a CPU, a task.
    if (headline !== null && line.marked && !/^\s*[A-Z]?[[(]/.test(line.text)) return cutAt(line, headline);
    const at = headline ?? (line.marked || !this.#splats.busy ? null : bodyInside(line.text));
    if (at === null) return lines;
    const prefix = line.prefix + line.text.slice(0, at);
    if (this.#console.learn(prefix, [...this.#console.recent, ...coming])) return this.#console.read(raw);
    if (coming.length >= WITNESSES / 2 && this.#console.learn(prefix, coming, PASTED_SHARE))
      return this.#console.read(raw);
    if (headline === null) return lines;
    const cut = line.marked || /[\])]$/.test(prefix) ? cutAt(line, headline) : lines;
    if (cut.length === 1 && !line.marked && !QUOTING.test(prefix) && isCertain(line.text.slice(headline))) {
      this.#unread ??= { line: index, text: line.text };
    }
    return cut;
  }

  #record(alone: ConsoleLine, at: number): void {
    const indented = this.#joined(alone, at);
    const firing = isNotable(indented.text) ? fire(indented.text) : null;
    if (firing && !indented.glued) this.#indent = blanksOf(indented.text);
    const record = { ...indented, text: indented.text.slice(Math.min(this.#indent, blanksOf(indented.text))) };
    const { text, index } = record;
    if (DROPPED.test(text)) return this.#splats.damage('lost-lines');
    this.#ending ||= ORDERLY_END.test(text);
    if (FIRMWARE.test(text)) this.#startedFirmware();
    if (!firing && !this.#splats.busy && !CUT_HERE.test(text) && !END_TRACE.test(text)) return;
    const line = { ...record, index, part: partOf(text) };
    this.#splats.closeStale(line);
    if (firing && this.#believes(firing, line)) return this.#fired(firing, line);
    if (line.part === 'end' && !this.#splats.expectsEnd(line)) return this.#splats.orphanEnd(line);
    if (CUT_HERE.test(line.text) && this.#splats.promise(line)) return;
    this.#splats.offer(line);
  }

  /** A record, with the line before it where only both together are a headline. */
  #joined(record: ConsoleLine, index: number): ConsoleLine & { readonly index: number } {
    const begun = this.#begun;
    this.#begun = null;
    const own = { ...record, index };
    if (isNotable(record.text) && fire(record.text) !== null) return own;
    const follows = begun !== null && (record.context === null || record.context === begun.context);
    const whole = follows ? { ...begun, text: unfolded(begun.text, record.text) } : null;
    const firing = whole && fire(whole.text);
    if (whole && firing) {
      const { vague, starts } = firing.detector;
      if (firing.groups['comm'] !== undefined || (!vague && !starts.test(begun?.text ?? ''))) return whole;
    }
    if (whole && record.text.length <= MAX_COMM) this.#begun = whole;
    else if (isNotable(record.text)) this.#begun = own;
    return own;
  }

  #believes(firing: Firing, line: NumberedLine): boolean {
    if (firing.detector.type === 'reboot') {
      const reboot = this.#isReboot(line);
      this.#firmware = false;
      if (!reboot) this.#ending = false;
      return reboot;
    }
    return !firing.detector.vague || line.marked || !this.#before().some(({ marked }) => marked);
  }

  /** The first banner is the boot, unless the log began in the middle of another. */
  #isReboot({ seconds }: NumberedLine): boolean {
    const [stamped, known] = [seconds !== null, this.#banner];
    this.#banner = stamped;
    const before = this.#before();
    // A banner that somebody copied, or a console that begins again at its own start.
    if (known === null ? !stamped && before.some((line) => line.seconds !== null) : known !== stamped) return false;
    if (before.slice(-REPEATED_LINES).some(({ text }) => REPEATED.test(text))) return false;
    if (known !== null || this.#restarted) return true;
    if (this.#firmware) return false;
    const at = before.findLastIndex(({ marked, text }) => marked && text !== '' && !BEFORE_BANNER.test(text));
    // Below a blank line another log begins, in a mail.
    if (before.slice(at + 1).some(({ marked, text }) => !marked && text === '')) return false;
    return (before[at]?.seconds ?? (at < 0 ? 0 : Number.POSITIVE_INFINITY)) > 1;
  }

  /** The first stage follows a boot ROM's few words, each further one the stage before it. */
  #startedFirmware(): void {
    const speaks = ({ marked, prefix, text }: ConsoleLine) => (marked && !PADDED.test(prefix)) || RUNNING.test(text);
    const kernel = this.#banner !== null || this.#before().some(speaks);
    this.#restarted ||= !this.#firmware && kernel;
    this.#firmware = true;
  }

  #fired(firing: Firing, line: NumberedLine): void {
    if (this.#splats.absorb(firing, line)) return;
    if (firing.detector.type === 'reboot') return this.#rebooted(firing, line);
    this.#splats.start(firing, line, this.#prelude(firing, line));
  }

  #rebooted(firing: Firing, line: NumberedLine): void {
    const dying = this.#splats.dying;
    this.#splats.closeAll('displaced');
    // After a panic, or an order, the machine starts again as it was to.
    const ordered = this.#ending || this.#splats.panicked || (this.#daemon && !dying);
    if (!ordered) this.#splats.start(firing, line, []);
    this.#ending = false;
    this.#splats.rebooted();
  }

  /** What a splat's own lines are before its headline: a rule, or the refusals that a bad page map comes from. */
  #prelude(firing: Firing, line: NumberedLine): NumberedLine[] {
    const own = this.#before().filter(({ context, index }) => context === line.context && index > this.#splats.lastEnd);
    const near = own.slice(-PRELUDE_LINES);
    const rule = near.findLastIndex(({ text }) => RULE.test(text));
    if (rule >= 0) return near.slice(rule);
    if (firing.detector.id !== 'bad-page-map') return [];
    const other = near.findLastIndex(({ text }) => !SWAP_REFUSAL.test(text));
    return near.slice(other + 1);
  }

  /** The last lines before this one, oldest first. */
  #before(): NumberedLine[] {
    const { recent } = this.#console;
    const from = this.#line - 1 - recent.length;
    return recent.flatMap((raw, at) =>
      this.#console.read(raw).map((line) => ({ ...line, index: from + at, part: 'other' as const })),
    );
  }
}

function blanksOf(text: string): number {
  return text.length - text.trimStart().length;
}

/** True for a headline that no other text looks like. */
function isCertain(text: string): boolean {
  // A driver's name before `BUG: ` may be the end of other text.
  const firings = [fire(text), fire(text.replace(/^[\w-]+: /, ''))];
  return firings.some((firing) => firing !== null && !firing.detector.vague);
}

/** The records of a stamped line: a headline follows a message whose newline was lost, or one that only quotes it. */
function cutAt(line: ConsoleLine, headline: number): ConsoleLine[] {
  const [before, after] = [line.text.slice(0, headline), line.text.slice(headline)];
  if (QUOTING.test(before) || SPEAKING.test(before) || !isUnmistakable(after)) return [line];
  return [
    { ...line, text: before.trimEnd() },
    // The stamp is the first message's.
    { ...line, text: after, seconds: null, glued: true },
  ];
}

/** A boot loader's stamp: no kernel pads with zeros. */
const PADDED = /\[0\d+\.\d{3}\]/;
const BANNER = 'Linux version ';
/** A record of syslog or of the journal, not a console's own line. */
const DAEMON = either(
  /(?:^|[\s.|:\]])kernel(?:\[\d+\])?: ?(?:\[ *\d+\.\d+\] ?)?Linux version /,
  /"(?:_TRANSPORT|SYSLOG_IDENTIFIER)"|^\s*MESSAGE=/,
);

/** What ends before a quoted headline, or before the last words of a panic. */
const QUOTING = /(?:["'`=(]|---\[ end) ?$/;
/** What ends before a headline that a message speaks of. */
const SPEAKING = /(?:[-=]>|\b(?:an?|the|this|see|of|with|by|like|is|to|gets?|got|hits?)) ?$/i;

/** Where a headline begins that does not begin its line; null when there is none. */
function headlineInside(text: string): number | null {
  return isNotable(text) ? fireInside(text) : null;
}

/** Where the part of a splat begins that stands in a line after something else; null when there is none. */
function bodyInside(text: string): number | null {
  const at = BODY.exec(text)?.index ?? 0;
  return at > 0 ? at : null;
}

/** A symbol with its offset, and something after it that no frame has. */
function isUnreadFrame(text: string): boolean {
  return /\+0x[0-9a-f]+\/0x[0-9a-f]/.test(text) && partOf(text) === 'other';
}

const BODY = either(
  /CPU: \d+ (?:UID: \d+ )?PID: \d+ Comm: |RIP: [0-9a-f]{4}:|Call [Tt]race:/,
  /Hardware name: |Modules linked in:|---\[ end /,
);

/** All splats of a whole log, in the order of their first lines. Bytes may be anything; nothing throws. */
export function scanLog(log: string | Uint8Array): Splat[] {
  const scanner = new SplatScanner();
  const text = typeof log === 'string' ? log : decodeConsole(log);
  const splats: Splat[] = [];
  const parts = new PstoreParts();
  const keep = (events: readonly ScanEvent[]) => {
    for (const event of events) if (event.kind === 'ended') splats.push(event.splat);
  };
  for (let from = 0; from <= text.length;) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    for (const line of parts.push(text.slice(from, end))) keep(scanner.push(line));
    from = end + 1;
  }
  for (const line of parts.flush()) keep(scanner.push(line));
  keep(scanner.finish());
  return splats.sort((a, b) => a.startLine - b.startLine);
}
