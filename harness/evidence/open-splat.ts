// SPDX-License-Identifier: GPL-2.0-only
import type { Damage, Splat, SplatType } from '../model/splat.ts';
import { blame } from './blame.ts';
import type { ConsoleLine } from './console.ts';
import type { Detector, Firing, Refinement } from './detector.ts';
import { functionOf, opensTrace, parseFrame, parseIp, parseTraces, type Trace } from './frames.ts';
import { CONSEQUENCE } from './table/panics.ts';
import { END_PANIC, END_TRACE, FINAL, KILLED, RULE, isReportBody } from './report-body.ts';
import { sequence } from './pattern.ts';
import { namedGroups } from './table.ts';
import { fillTitle } from './title.ts';

/** A line with its number in the log. */
export interface NumberedLine extends ConsoleLine {
  readonly index: number;
}

/**
 * Why a splat is over.
 * - `natural`: its own end, or the log went on with something else.
 * - `displaced`: another splat began in the same context, or the machine started again.
 * - `quiet`: the caller saw the console fall silent.
 * - `cut`: the log ended.
 * - `limit`: longer than any splat of its kind.
 */
export type Closing = 'natural' | 'displaced' | 'quiet' | 'cut' | 'limit';

/** What became of a line that was offered to an open splat. */
export type Taking = 'taken' | 'over';

/** Lines that belong to nothing known are borne this long inside a splat before it is taken for over. */
const SLACK_LINES = 8;
/** The longest real ones (lock chains, all CPUs' backtraces) have some thousand lines. */
const MAX_LINES = 5000;
/** A headline whose trace has not begun after this many lines has lost it. */
const MAX_HEADER_LINES = 1500;

const CPU_LINE = sequence(
  /^\s*CPU: (?<cpu>\d+) (?:UID: \d+ )?PID: (?<pid>\d+) Comm: (?<comm>.+?)/,
  /(?: (?:Not tainted|Tainted:).*|\s+\d+\.\d+\S*.*)?$/,
);

/** A splat whose lines are still coming. */
export class OpenSplat {
  readonly detector: Detector;
  readonly context: string | null;
  #groups: Record<string, string>;
  readonly #lines: NumberedLine[] = [];
  /** Lines that may turn out to be behind the end. */
  #slack: NumberedLine[] = [];
  readonly #damage = new Set<Damage>();
  /** An instruction pointer or a frame of its own trace has come. */
  #framed = false;
  /** A frame of its own trace has come. */
  #traced = false;
  #complete = false;
  #panicked = false;
  #tracing: boolean;
  #trace: 'none' | 'running' | 'interrupted' = 'none';

  constructor(firing: Firing, line: NumberedLine, prelude: readonly NumberedLine[]) {
    this.detector = firing.detector;
    this.context = line.context;
    this.#groups = { ...firing.groups };
    this.#tracing = firing.detector.traceAfter === undefined;
    for (const each of [...prelude, line]) this.#keep(each);
    if (this.detector.ending === 'line') this.#complete = true;
    if (firing.detector.id === 'panic') this.#panicked = true;
  }

  /** True once the last line that its kind needs has come; more that belongs to it may follow. */
  get complete(): boolean {
    return this.#complete;
  }

  /** True while its header comes: no frame of its own trace yet. */
  get inHeader(): boolean {
    return !this.#traced && !this.#complete;
  }

  /** True when a panic is part of it. */
  get panicked(): boolean {
    return this.#panicked;
  }

  /** Nothing can follow. */
  get final(): boolean {
    return this.detector.ending === 'line' || FINAL.test(this.#lines.at(-1)?.text ?? '');
  }

  get startLine(): number {
    return this.#lines[0]?.index ?? 0;
  }

  /** What can be said while it is open. */
  get provisional(): { readonly type: SplatType; readonly title: string } {
    const kind = this.#kind();
    return { type: kind.type, title: fillTitle(kind.title, this.#groups) };
  }

  /** True for the first line of another detector that is part of this one's header, or its last line. */
  absorbs(firing: Firing, line: NumberedLine): boolean {
    const known = this.detector.absorbs?.includes(firing.detector.id) ?? false;
    return known && (this.inHeader || (!this.#complete && this.#isEnd(line.text)));
  }

  /** Takes a line that another detector fired on and that belongs here nevertheless. */
  absorb(firing: Firing, line: NumberedLine): void {
    this.#groups = { ...firing.groups, ...this.#groups };
    this.offer(line);
  }

  /** Marks what was lost while it was open. */
  damage(kind: Damage): void {
    this.#damage.add(kind);
  }

  /** Offers the next line of its context. After `over` the line is not part of it, and no further one is. */
  offer(line: NumberedLine): Taking {
    if (this.#belongs(line.text)) {
      this.#acceptSlack();
      this.#keep(line);
      return this.#lines.length > MAX_LINES ? 'over' : 'taken';
    }
    this.#slack.push(line);
    return this.#slack.length > SLACK_LINES ? 'over' : 'taken';
  }

  /** The splat as it stands. */
  close(how: Closing): Splat {
    const lines = this.#lines.slice(0, this.#lines.findLastIndex((line) => line.text.trim() !== '') + 1);
    const texts = lines.map((line) => line.text);
    const traces = this.#ownTraces(texts);
    this.#learn(texts);
    const kind = this.#kind();
    const named = this.#groups['func'];
    const guilt = blame(kind.blame, traces, named === undefined ? null : functionOf(named));
    if (!this.#isWhole(how, traces)) this.#damage.add('truncated');
    return {
      title: fillTitle(kind.title, { ...this.#groups, ...(guilt.guilty === null ? {} : { f: guilt.guilty }) }),
      type: kind.type,
      guilty: guilt.guilty,
      frames: guilt.frames,
      address: this.#address(),
      ...this.#who(texts),
      damaged: [...this.#damage],
      startLine: this.startLine,
      endLine: (lines.at(-1)?.index ?? 0) + 1,
      text: texts.join('\n'),
    };
  }

  #belongs(text: string): boolean {
    if (this.#complete) return isTail(text);
    switch (this.detector.ending) {
      case 'end-trace':
      case 'rule':
      case 'killed':
        return true;
      case 'line':
        return false;
      case 'message':
        return isTail(text);
      case 'trace':
      case 'panic':
        return (!this.#framed && this.#lines.length < MAX_HEADER_LINES) || isTail(text);
    }
  }

  #acceptSlack(): void {
    for (const line of this.#slack) this.#keep(line);
    this.#slack = [];
  }

  #keep(line: NumberedLine): void {
    const previous = this.#lines.at(-1);
    this.#lines.push(line);
    if (line.binary) this.#damage.add('binary');
    // Of two records on one line the first was cut.
    if (line.glued && previous?.index === line.index) this.#damage.add('interleaved');
    this.#follow(line.text);
  }

  #follow(text: string): void {
    this.#tracing ||= this.detector.traceAfter?.test(text) ?? false;
    const frame = parseFrame(text) !== null;
    if (this.#tracing) this.#watchTrace(text, frame);
    if (this.#tracing && frame) this.#traced = true;
    if (this.#tracing && (frame || parseIp(text) !== null)) this.#framed = true;
    if (CONSEQUENCE.test(text)) this.#panicked = true;
    if (this.#isEnd(text)) this.#complete = true;
  }

  /** An unknown line in the middle of a trace is another CPU's; printk without caller ids cannot tell whose. */
  #watchTrace(text: string, frame: boolean): void {
    if (frame) {
      if (this.#trace === 'interrupted') this.#damage.add('interleaved');
      this.#trace = 'running';
    } else if (isReportBody(text) || opensTrace(text)) this.#trace = 'none';
    else if (this.#trace === 'running') this.#trace = 'interrupted';
  }

  #isEnd(text: string): boolean {
    if (this.#panicked && END_PANIC.test(text)) return true;
    switch (this.detector.ending) {
      case 'end-trace':
        return END_TRACE.test(text);
      case 'rule':
        return (RULE.test(text) && this.#framed) || END_TRACE.test(text);
      case 'killed':
        return KILLED.test(text);
      case 'trace':
      case 'message':
      case 'line':
      case 'panic':
        return false;
    }
  }

  /** The detector, or the refinement of it that what is known by now asks for. */
  #kind(): Pick<Detector, 'type' | 'title' | 'blame'> {
    const { detector } = this;
    const refined = detector.refined?.find((each) => this.#fits(each));
    return refined ? { type: refined.type, title: refined.title, blame: refined.blame ?? detector.blame } : detector;
  }

  #fits(refinement: Refinement): boolean {
    const match = refinement.matches.exec(this.#groups[refinement.group] ?? '\n');
    if (match) this.#groups = { ...this.#groups, ...namedGroups(match) };
    return match !== null;
  }

  #learn(texts: readonly string[]): void {
    for (const pattern of this.detector.details ?? []) {
      const match = texts.map((text) => pattern.exec(text)).find((each) => each !== null);
      if (match) this.#groups = { ...namedGroups(match), ...this.#groups };
    }
  }

  #ownTraces(texts: readonly string[]): Trace[] {
    const after = this.detector.traceAfter;
    const from = after ? texts.findIndex((text) => after.test(text)) : 0;
    return parseTraces(from < 0 ? [] : texts.slice(from));
  }

  #address(): string | null {
    const address = this.#groups['address'];
    return address === 'null' ? '0000000000000000' : (address ?? null);
  }

  #who(texts: readonly string[]): Pick<Splat, 'cpu' | 'pid' | 'comm'> {
    const printed = texts.map((text) => CPU_LINE.exec(text)?.groups).find((groups) => groups !== undefined);
    // Whoever prints may be a watchdog: what the headline says of its victim goes first.
    const named = this.#groups;
    const same = named['pid'] === undefined || named['pid'] === printed?.['pid'];
    return {
      cpu: numberOrNull(named['cpu'] ?? (same ? printed?.['cpu'] : undefined)),
      pid: numberOrNull(named['pid'] ?? printed?.['pid']),
      comm: named['comm'] ?? (same ? printed?.['comm'] : undefined) ?? null,
    };
  }

  #isWhole(how: Closing, traces: readonly Trace[]): boolean {
    if (this.#complete) return true;
    const rooted = traces.some((trace) => trace.rooted);
    const traced = rooted || ((how === 'natural' || how === 'quiet') && traces.length > 0);
    switch (this.detector.ending) {
      case 'line':
        return true;
      case 'trace':
        return traced;
      case 'panic':
        // With panic=-1 and without KASLR, panic() ends with its trace.
        return traced;
      case 'message':
        return traced || (traces.length === 0 && how !== 'cut');
      case 'end-trace':
        // A panic that cuts in before the end mark (panic_on_warn, double fault) is an end as well.
        return this.#panicked && rooted;
      case 'rule':
      case 'killed':
        return false;
    }
  }
}

function isTail(text: string): boolean {
  return isReportBody(text) || parseFrame(text) !== null;
}

function numberOrNull(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits);
}
