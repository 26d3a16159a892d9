// SPDX-License-Identifier: GPL-2.0-only
import type { Damage, SplatType } from '../model/splat.ts';
import type { Firing } from './detector.ts';
import { OpenSplat, type Closing } from './open-splat.ts';
import type { NumberedLine } from './parts.ts';
import type { Pending, ScanEvent } from './scan-event.ts';
import { CONSEQUENCE } from './table/panics.ts';

/** Lines after `cut here` until the headline that it announces. */
const PROMISE_LINES = 12;
/** A panic this many lines after a splat is its consequence; later, its cause is unknown. */
const CONSEQUENCE_LINES = 64;
/** Reports of one context that can be open at once: more only come where nothing but headlines is left. */
const MAX_NESTED = 4;
const INIT_DIED = /Attempted to kill init/;

/** What a machine often does not outlive. */
const DEADLY: ReadonlySet<SplatType> = new Set([
  ...(['null-deref', 'page-fault', 'gp-fault', 'double-fault', 'invalid-opcode', 'divide-error'] as const),
  ...(['bug', 'panic', 'stack-overflow', 'hard-lockup', 'soft-lockup'] as const),
]);

const CORRUPTED: Firing['detector'] = {
  id: 'corrupted',
  printedBy: 'nobody',
  type: 'other',
  starts: /(?!)/,
  title: 'corrupted report',
  blame: { from: 'trace', past: 'fault' },
  ending: 'end-trace',
};

/** The splats whose lines are still coming, and which of them a line belongs to. */
export class OpenSplats {
  /** Oldest first. */
  #open: OpenSplat[] = [];
  /** Lines from `cut here` on, by context, while what it announces has not come. */
  readonly #promises = new Map<string | null, NumberedLine[]>();
  #events: ScanEvent[] = [];
  /** Line after the last splat that ended. */
  #lastEnd = Number.NEGATIVE_INFINITY;
  /** End marks to come of splats that were closed before theirs. */
  #owedEnds = 0;
  #panicked = false;
  /** Who took the last line. */
  #owner: OpenSplat | null = null;

  /** True when lines have to be looked at whatever they hold. */
  get busy(): boolean {
    return this.#open.length > 0 || this.#promises.size > 0;
  }

  get pending(): Pending {
    if (this.#open.length === 0) return this.#promises.size > 0 ? 'open' : 'none';
    return this.#open.every((splat) => splat.complete) ? 'complete' : 'open';
  }

  /** True after a panic: the machine may start again. */
  get panicked(): boolean {
    return this.#panicked;
  }

  /** True while a splat is open that the machine may not have outlived: an end is missing, or it was an oops. */
  get dying(): boolean {
    return this.#promises.size > 0 || this.#open.some((splat) => !splat.finished || DEADLY.has(splat.provisional.type));
  }

  /** Number of the line after the last splat that ended, less one. */
  get lastEnd(): number {
    return this.#lastEnd - 1;
  }

  /** The machine has started again. */
  rebooted(): void {
    this.#panicked = false;
    this.#owedEnds = 0;
  }

  /** What happened since the last call. */
  drain(): ScanEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Marks all that is open. */
  damage(kind: Damage): void {
    for (const splat of this.#open) splat.damage(kind);
  }

  /** Closes what should have gone on long before `line`. */
  closeStale(line: NumberedLine): void {
    for (const splat of this.#open.filter((each) => each.isStale(line.seconds))) this.#close(splat, 'natural');
  }

  /** Gives a headline to the open splat whose header or last line it is. @returns false when it opens its own. */
  absorb(firing: Firing, line: NumberedLine): boolean {
    const hosts = this.#candidates(line);
    const again = firing.detector.id === 'warning' && !this.#promises.has(line.context);
    const host = hosts.find((each) => each.absorbs(firing, line) || (again && each.repeats(line)));
    if (host) {
      host.absorb(firing, line);
      this.#taken(host);
      return true;
    }
    if (firing.detector.id !== 'panic') return false;
    if (!hosts[0]?.inHeader && !CONSEQUENCE.test(line.text)) return false;
    return this.#consequence(hosts[0], line);
  }

  /** Opens a splat with its headline and what came before it. */
  start(firing: Firing, line: NumberedLine, before: readonly NumberedLine[]): void {
    const promised = this.#promises.get(line.context);
    this.#promises.delete(line.context);
    for (const other of this.#open.filter(({ context }) => context === line.context)) {
      if (other.finished) this.#close(other, 'displaced');
      else other.intrude();
    }
    const nested = this.#open.filter(({ context }) => context === line.context);
    if (nested.length >= MAX_NESTED && nested[0]) this.#close(nested[0], 'displaced');
    const splat = new OpenSplat(firing, line, promised ?? before);
    this.#panicked ||= splat.panicked;
    this.#open.push(splat);
    this.#owner = splat;
    this.#events.push({ kind: 'started', ...splat.provisional, line: splat.startLine });
    if (splat.final) this.#close(splat, 'natural');
  }

  /** `cut here`: a headline follows. @returns false in the header of a splat, whose headline came before. */
  promise(line: NumberedLine): boolean {
    if (this.#candidates(line)[0]?.inHeader) return false;
    this.#breakPromise(line.context);
    this.#promises.set(line.context, [line]);
    return true;
  }

  /** True when an end mark is one of an open splat's. */
  expectsEnd(line: NumberedLine): boolean {
    return this.#candidates(line).length > 0 || this.#promises.has(line.context);
  }

  /** An end mark whose splat nothing else is known of. */
  orphanEnd(line: NumberedLine): void {
    if (this.#owedEnds > 0) {
      this.#owedEnds--;
      return;
    }
    this.start({ detector: CORRUPTED, groups: {} }, line, []);
    this.#open.at(-1)?.damage('truncated');
  }

  /** Gives a line to the splat that it belongs to, if there is one. */
  offer(line: NumberedLine): void {
    const candidates = this.#candidates(line);
    const owner = this.#ownerOf(line, candidates);
    const promised = this.#promises.get(line.context);
    if (promised && !owner?.expects(line)) return this.#extend(promised, line);
    if (owner) this.#give(owner, line);
    for (const other of candidates) if (other !== owner && other.passOver()) this.#close(other, 'natural');
  }

  closeAll(how: Closing): void {
    for (const context of [...this.#promises.keys()]) this.#breakPromise(context);
    for (const splat of [...this.#open]) this.#close(splat, how);
  }

  #extend(promised: NumberedLine[], line: NumberedLine): void {
    promised.push(line);
    if (promised.length > PROMISE_LINES) this.#breakPromise(line.context);
  }

  /** `cut here` without what it announced: evidence, if a poor one. */
  #breakPromise(context: string | null): void {
    const [first, ...rest] = this.#promises.get(context) ?? [];
    this.#promises.delete(context);
    if (!first) return;
    this.start({ detector: CORRUPTED, groups: {} }, first, []);
    for (const line of rest) this.offer(line);
  }

  /** A panic that names no new bug: part of the splat that led to it, be that open or ended just now. */
  #consequence(host: OpenSplat | undefined, line: NumberedLine): boolean {
    this.#panicked = true;
    // init may also die by itself: only what it was just blamed for explains that.
    const explained = !INIT_DIED.test(line.text);
    const cause = host ?? (explained ? this.#open.at(-1) : undefined);
    if (cause) this.#give(cause, line);
    return cause !== undefined || (explained && line.index - this.#lastEnd <= CONSEQUENCE_LINES);
  }

  /** Open splats of a line's context, the latest first. */
  #candidates(line: NumberedLine): OpenSplat[] {
    const latestFirst = [...this.#open].reverse();
    const own = latestFirst.filter(({ context }) => context === line.context);
    if (own.length > 0) return own;
    // Without a caller id on either side nothing parts them.
    if (line.context === null) return latestFirst;
    return latestFirst.filter(({ detector, context }) => detector.spansContexts || context === null).slice(0, 1);
  }

  #ownerOf(line: NumberedLine, candidates: readonly OpenSplat[]): OpenSplat | undefined {
    if (candidates.length < 2) return candidates[0];
    const expecting = candidates.find((splat) => splat.expects(line));
    if (expecting) return expecting;
    if (line.part === 'frame') return candidates.find((splat) => splat.tracesSomething) ?? candidates[0];
    const last = candidates.find((splat) => splat === this.#owner);
    return last ?? candidates[0];
  }

  #give(splat: OpenSplat, line: NumberedLine): void {
    const taking = splat.offer(line);
    this.#taken(splat);
    if (taking === 'over' || splat.final) this.#close(splat, 'natural');
  }

  #taken(splat: OpenSplat): void {
    this.#owner = splat;
    this.#panicked ||= splat.panicked;
  }

  #close(splat: OpenSplat, how: Closing): void {
    if (!this.#open.includes(splat)) return;
    this.#open = this.#open.filter((other) => other !== splat);
    if (splat.detector.ending === 'end-trace' && !splat.complete) this.#owedEnds++;
    this.#panicked ||= splat.panicked;
    const ended = splat.close(how);
    this.#lastEnd = Math.max(this.#lastEnd, ended.endLine);
    this.#events.push({ kind: 'ended', splat: ended });
  }
}
