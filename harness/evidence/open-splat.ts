// SPDX-License-Identifier: GPL-2.0-only
import type { Damage, Splat, SplatType } from '../model/splat.ts';
import { blame } from './blame.ts';
import type { Detector, Ending, Firing, Refinement } from './detector.ts';
import { functionOf, parseBareFrame, parseIp } from './frames.ts';
import type { NumberedLine, Part } from './parts.ts';
import { END_PANIC, END_TRACE, FINAL, KILLED, PANIC, RULE } from './report-body.ts';
import { namedGroups } from './pattern.ts';
import { fireFolded } from './table.ts';
import { endsBare, isRoot, lastChain, parseTraces, type Trace } from './traces.ts';
import { fillTitle } from './title.ts';
import { whoIn } from './who.ts';

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

/** Unknown lines this soon after the headline are its message. */
const MESSAGE_LINES = 12;
/** Lines that belong to nothing known are borne this long before a splat is taken for over: */
const SLACK = {
  /** when all that it needs has come, or its trace has; */
  done: 8,
  /** while its trace is there and its end mark is not; */
  framed: 40,
  /** while its trace has not begun. */
  header: 100,
} as const;
/** The longest real ones (lock chains, all CPUs' backtraces) have some thousand lines. */
const MAX_LINES = 5000;
/** Seconds by the stamps without a line of its own after which a splat is over. */
const MAX_GAP_S = 20;

/** Kinds whose last line has a form of its own. */
const MARKED_ENDS: ReadonlySet<Ending> = new Set(['end-trace', 'rule', 'killed']);

/** A splat whose lines are still coming. */
export class OpenSplat {
  #detector: Detector;
  readonly context: string | null;
  #groups: Record<string, string>;
  readonly #headline: number;
  readonly #lines: NumberedLine[] = [];
  /** A name by itself is a frame. */
  #bare = false;
  /** Lines that may turn out to be after the end. */
  #slack: NumberedLine[] = [];
  readonly #damage = new Set<Damage>();
  /** An instruction pointer or a frame of its own trace has come. */
  #framed = false;
  /** A frame of its own trace has come. */
  #traced = false;
  /** Who it was has been printed: a trace may follow. */
  #introduced = false;
  #hasIp = false;
  #complete = false;
  #panicked = false;
  #tracing: boolean;
  #trace: 'none' | 'opened' | 'running' | 'interrupted' | 'rooted' = 'none';
  /** Another splat began since its last line. */
  #intruded = false;
  /** Lines of its context that others took since its last one. */
  #passedOver = 0;
  #lastSeconds: number | null = null;

  constructor(firing: Firing, line: NumberedLine, prelude: readonly NumberedLine[]) {
    this.#detector = firing.detector;
    this.context = line.context;
    this.#headline = line.index;
    this.#groups = { ...firing.groups };
    this.#tracing = firing.detector.traceAfter === undefined;
    for (const each of [...prelude, line]) this.#keep(each);
    if (this.detector.ending === 'line') this.#complete = true;
    if (firing.detector.id === 'panic') this.#panicked = true;
  }

  get detector() {
    return this.#detector;
  }

  /** True once the last line that its kind needs has come; more that belongs to it may follow. */
  get complete(): boolean {
    return this.#complete;
  }

  /** True when nothing is missing, though its kind has no last line. */
  get finished(): boolean {
    return this.#complete || (this.#trace === 'rooted' && !MARKED_ENDS.has(this.detector.ending));
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

  /** True for its own headline again, before its end mark, or as what an inlined function was inlined into. */
  repeats({ text }: NumberedLine): boolean {
    if (this.inHeader && this.#lines.at(-1)?.text.endsWith(' [inline]')) return true;
    return this.#trace === 'rooted' && !this.finished && this.#lines.some((line) => line.text === text);
  }

  /** Takes a line that another detector fired on and that belongs here nevertheless. */
  absorb(firing: Firing, line: NumberedLine): void {
    const known = this.#groups;
    const { pid, comm, cpu, ...others } = firing.groups;
    // Whom another line names may be another process.
    const who = known['pid'] ?? known['comm'] ?? known['cpu'];
    const people =
      who === undefined ? Object.entries({ pid, comm, cpu }).filter(([, value]) => value !== undefined) : [];
    const inlined = this.#lines.at(-1)?.text.endsWith(' [inline]') ? others : {};
    this.#groups = { ...others, ...(Object.fromEntries(people) as Record<string, string>), ...known, ...inlined };
    this.offer(line);
  }

  /** Marks what was lost while it was open. */
  damage(kind: Damage): void {
    this.#damage.add(kind);
  }

  /** Another splat began where this one's lines were to come. */
  intrude(): void {
    this.#intruded = true;
  }

  /** True when of several open splats this one has reason to get the line. */
  expects(line: NumberedLine): boolean {
    if (this.#complete) return false;
    const { ending, blame: how } = this.detector;
    switch (line.part) {
      case 'frame':
        return this.#trace === 'rooted' ? isRoot(line.text) : this.#trace !== 'none';
      case 'ip':
        return this.#expectsIp();
      case 'cpu':
        return !this.#introduced && !this.#hasIp && how.from !== 'first' && how.from !== 'nobody';
      case 'task':
        return how.from === 'first' && !this.#traced;
      case 'call-trace':
        return this.#introduced && !this.#traced;
      case 'end':
        return ending === 'end-trace';
      case 'rule':
        return ending === 'rule' && this.#framed;
      case 'opener':
      case 'blank':
      case 'body':
      case 'other':
        return false;
    }
  }

  /** True when a frame that nobody expects may be its own. */
  get tracesSomething(): boolean {
    return !this.#complete && this.detector.blame.from !== 'nobody' && this.#trace !== 'rooted';
  }

  /** A line of its context went to another splat. @returns true when this one has waited long enough. */
  passOver(): boolean {
    return ++this.#passedOver > SLACK.header;
  }

  /** True when by the stamps its next line should have come long ago. */
  isStale(now: number | null): boolean {
    return !this.#complete && now !== null && this.#lastSeconds !== null && now - this.#lastSeconds > MAX_GAP_S;
  }

  /** Offers the next line of its context. After `over` the line is not part of it, and no further one is. */
  offer(given: NumberedLine): Taking {
    const bare = given.part === 'other' && this.#bare && parseBareFrame(given.text) !== null;
    const line = bare ? { ...given, part: 'frame' as const } : given;
    this.#unfold(line);
    if (this.#belongs(line)) {
      for (const each of this.#slack) this.#keep(each);
      this.#slack = [];
      this.#keep(line);
      return this.#lines.length > MAX_LINES ? 'over' : 'taken';
    }
    this.#slack.push(line);
    return this.#slack.length > this.#patience() ? 'over' : 'taken';
  }

  #unfold({ text, index }: NumberedLine): void {
    const headline = index === this.#headline + 1 ? this.#lines.at(-1)?.text : undefined;
    const firing = headline === undefined ? null : fireFolded(headline, text, this.#detector);
    if (firing) [this.#detector, this.#groups] = [firing.detector, { ...firing.groups }];
  }

  /** The splat as it stands. */
  close(how: Closing): Splat {
    const lines = this.#lines.slice(0, this.#lines.findLastIndex((line) => line.text.trim() !== '') + 1);
    const texts = lines.map((line) => line.text);
    const traces = this.#ownTraces(texts);
    this.#learn(texts);
    const kind = this.#kind();
    const named = this.#groups['func'];
    const guilt = blame(
      kind.blame,
      traces.length > 0 ? traces : lastChain(texts),
      named === undefined ? null : functionOf(named),
    );
    if (!this.#isWhole(how, traces)) this.#damage.add('truncated');
    return {
      title: fillTitle(kind.title, { ...this.#groups, ...(guilt.guilty === null ? {} : { f: guilt.guilty }) }),
      type: kind.type,
      guilty: guilt.guilty,
      frames: guilt.frames,
      address: this.#address(),
      ...whoIn(texts, this.#groups),
      damaged: [...this.#damage],
      startLine: this.startLine,
      endLine: (lines.at(-1)?.index ?? 0) + 1,
      text: texts.join('\n'),
    };
  }

  #belongs(line: NumberedLine): boolean {
    if (line.part !== 'other') return this.detector.ending !== 'line';
    if (this.#isEnd(line.text)) return true;
    if (this.#complete || this.#framed || this.detector.ending === 'line' || this.detector.ending === 'message')
      return false;
    // A console that stamps its lines stamps those of a message too.
    if (!line.marked && this.#lines[0]?.marked) return false;
    return this.#lines.length + this.#slack.length < MESSAGE_LINES;
  }

  #patience(): number {
    const { ending } = this.detector;
    if (this.#complete || ending === 'message' || ending === 'line') return SLACK.done;
    if (!this.#framed) return SLACK.header;
    return MARKED_ENDS.has(ending) ? SLACK.framed : SLACK.done;
  }

  #expectsIp(): boolean {
    const registers = this.detector.ending === 'end-trace' || this.detector.blame.from === 'stall';
    return (registers && !this.#hasIp && !this.#traced) || this.#trace === 'running';
  }

  #keep(line: NumberedLine): void {
    const previous = this.#lines.at(-1);
    this.#lines.push(line);
    this.#lastSeconds = line.seconds ?? this.#lastSeconds;
    this.#passedOver = 0;
    if (line.binary) this.#damage.add('binary');
    // Of two records on one line the first was cut.
    if (line.glued && previous?.index === line.index) this.#damage.add('interleaved');
    if (this.#intruded && line.part !== 'blank') this.#damage.add('interleaved');
    this.#intruded &&= line.part === 'blank';
    this.#follow(line);
  }

  #follow({ text, part }: NumberedLine): void {
    this.#bare = part === 'call-trace' || (this.#bare && !endsBare(text));
    this.#tracing ||= this.detector.traceAfter?.test(text) ?? false;
    if (this.#tracing) this.#watchTrace(text, part);
    if (this.#tracing && part === 'frame') this.#traced = true;
    if (this.#tracing && part === 'ip') this.#hasIp = true;
    if (this.#tracing && (part === 'frame' || (part === 'ip' && parseIp(text) !== null))) this.#framed = true;
    if (part === 'cpu' || part === 'ip' || part === 'task') this.#introduced = true;
    if (PANIC.test(text)) this.#panicked = true;
    if (this.#isEnd(text)) this.#complete = true;
  }

  /** An unknown line in the middle of a trace is another CPU's; printk without caller ids cannot say whose. */
  #watchTrace(text: string, part: Part): void {
    switch (part) {
      case 'frame':
        if (this.#trace === 'interrupted') this.#damage.add('interleaved');
        this.#trace = isRoot(text) ? 'rooted' : 'running';
        return;
      case 'call-trace':
        this.#trace = 'opened';
        return;
      case 'other':
        if (this.#trace === 'running') this.#trace = 'interrupted';
        return;
      case 'blank':
      case 'ip':
      case 'cpu':
      case 'task':
      case 'opener':
      case 'end':
      case 'rule':
      case 'body':
        if (this.#trace === 'interrupted') this.#trace = 'running';
    }
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

  /** Before an end mark there was a trace, or for an oops at least the place where it happened. */
  #hasTrace(traces: readonly Trace[]): boolean {
    return traces.some(({ frames, ip }) => frames.length > 0 || (ip !== null && this.detector.id !== 'warning'));
  }

  #isWhole(how: Closing, traces: readonly Trace[]): boolean {
    if (this.#complete) return this.detector.ending !== 'end-trace' || this.#hasTrace(traces);
    const over = how === 'natural' || how === 'quiet' || this.#slack.some(({ part }) => part === 'other');
    const rooted = traces.some((trace) => trace.rooted);
    const traced = rooted || (over && traces.length > 0);
    switch (this.detector.ending) {
      case 'line':
        return true;
      case 'trace':
        return traced;
      case 'panic':
        // With panic=-1 and without KASLR, panic() ends with its trace.
        return traced;
      case 'message':
        return traced || (traces.length === 0 && over);
      case 'end-trace':
        // A panic that cuts in before the end mark (panic_on_warn, double fault) is an end as well.
        return this.#panicked && rooted;
      case 'rule':
      case 'killed':
        return false;
    }
  }
}
