// SPDX-License-Identifier: GPL-2.0-only
import type { Splat, SplatType } from '../model/splat.ts';
import { consoleLines, decodeConsole } from './console.ts';
import type { Firing } from './detector.ts';
import { CUT_HERE, DROPPED, END_TRACE, RULE } from './report-body.ts';
import { OpenSplat, type Closing, type NumberedLine } from './open-splat.ts';
import { fire } from './table.ts';
import { CONSEQUENCE } from './table/panics.ts';

/** What a line, or silence, told. */
export type ScanEvent =
  /** A splat has begun. Type and title are what its first line tells; both may become more telling. */
  | { readonly kind: 'started'; readonly type: SplatType; readonly title: string; readonly line: number }
  | { readonly kind: 'ended'; readonly splat: Splat };

/**
 * How things stand between two lines.
 * - `none`: no splat is open.
 * - `open`: one is, and its last line has not come.
 * - `complete`: all that is open has its last line; a panic may still follow.
 */
export type Pending = 'none' | 'open' | 'complete';

/** Lines between `cut here` (or a rule) and the headline that it announces. */
const PRELUDE_LINES = 12;
/** A panic this many lines behind a splat is its consequence; later, it is one of which nothing else is known. */
const CONSEQUENCE_LINES = 64;
const INIT_DIED = /Attempted to kill init/;

const CORRUPTED: Firing['detector'] = {
  id: 'corrupted',
  printedBy: 'nobody',
  type: 'other',
  starts: /(?!)/,
  title: 'corrupted report',
  blame: { from: 'trace', past: 'fault' },
  ending: 'end-trace',
};

interface Prelude {
  readonly lines: NumberedLine[];
  /** True for `cut here`, which promises a splat; a rule promises nothing. */
  readonly promises: boolean;
}

/**
 * Finds splats in a console, a line at a time. The same lines give the same splats however they arrive.
 *
 * Contexts (printk's caller ids, where the kernel prints them) are followed apart: a splat holds the lines of its own
 * context, but for those that several CPUs write together.
 *
 * @example
 * const scanner = new SplatScanner();
 * guest.onConsoleLine((line) => scanner.push(line).forEach(tell));
 * // When the console has been quiet for a while, `settle()`; when it is over, `finish()`.
 */
export class SplatScanner {
  readonly #open = new Map<string, OpenSplat>();
  readonly #preludes = new Map<string, Prelude>();
  #events: ScanEvent[] = [];
  #line = 0;
  #banners = 0;
  /** By the last timestamp; null where the console has none. */
  #uptime: number | null = null;
  /** Number of the line after the last splat that was told. */
  #lastEnd = Number.NEGATIVE_INFINITY;
  /** End marks to come of splats that were closed before theirs. */
  #owedEnds = 0;
  #panicked = false;

  /** Number of the next line, 0-based. */
  get line(): number {
    return this.#line;
  }

  get pending(): Pending {
    const open = [...this.#open.values()];
    if (open.length === 0) return this.#promised() ? 'open' : 'none';
    return open.every((splat) => splat.complete) ? 'complete' : 'open';
  }

  /** Takes one line of the console, without its newline. */
  push(raw: string): ScanEvent[] {
    const index = this.#line++;
    for (const line of consoleLines(raw)) this.#record({ ...line, index });
    return this.#drain();
  }

  /** The console has fallen silent: what is open ends here. Lines may still follow. */
  settle(): ScanEvent[] {
    return this.#closeAll('quiet');
  }

  /** The console has ended: what is open and has not had its last line is truncated. */
  finish(): ScanEvent[] {
    return this.#closeAll('cut');
  }

  #record(line: NumberedLine): void {
    if (DROPPED.test(line.text)) return this.#lost();
    const firing = fire(line.text);
    const believed = firing && this.#believes(firing, line);
    this.#uptime = line.seconds ?? this.#uptime;
    if (believed) return this.#fired(firing, line);
    if (END_TRACE.test(line.text) && !this.#hostOf(line)) return this.#orphanEnd(line);
    if (this.#opensPrelude(line)) return;
    this.#continue(line);
  }

  #believes(firing: Firing, line: NumberedLine): boolean {
    // The first banner is the boot, unless the log began in the middle of another.
    if (firing.detector.type === 'reboot') return this.#banners++ > 0 || (this.#uptime ?? 0) > 1;
    return !firing.detector.vague || line.seconds !== null || this.#uptime === null;
  }

  #fired(firing: Firing, line: NumberedLine): void {
    const host = this.#hostOf(line);
    if (host?.absorbs(firing, line)) return host.absorb(firing, line);
    if (
      firing.detector.id === 'panic' &&
      (host?.inHeader || CONSEQUENCE.test(line.text)) &&
      this.#consequence(host, line)
    )
      return;
    if (firing.detector.type === 'reboot') return this.#rebooted(firing, line);
    this.#start(firing, line);
  }

  /** A panic that names no new bug: part of the splat that led to it, be that open or told of just now. */
  #consequence(host: OpenSplat | undefined, line: NumberedLine): boolean {
    this.#panicked = true;
    // init may also die by itself: only what it was just blamed for explains that.
    const explained = !INIT_DIED.test(line.text);
    const cause = host ?? (explained ? [...this.#open.values()].at(-1) : undefined);
    if (cause) this.#offer(cause, line);
    return cause !== undefined || (explained && line.index - this.#lastEnd <= CONSEQUENCE_LINES);
  }

  #rebooted(firing: Firing, line: NumberedLine): void {
    for (const key of [...this.#open.keys()]) this.#close(key, 'displaced');
    this.#preludes.clear();
    // After a panic the machine starts again as it was told to.
    if (!this.#panicked) this.#start(firing, line);
    this.#panicked = false;
  }

  #start(firing: Firing, line: NumberedLine): void {
    const key = keyOf(line);
    const prelude = this.#preludes.get(key)?.lines ?? [];
    this.#preludes.delete(key);
    if (this.#open.has(key)) this.#close(key, 'displaced');
    const splat = new OpenSplat(firing, line, prelude);
    this.#panicked ||= splat.panicked;
    this.#open.set(key, splat);
    this.#events.push({ kind: 'started', ...splat.provisional, line: splat.startLine });
    if (splat.final) this.#close(key, 'natural');
  }

  #opensPrelude(line: NumberedLine): boolean {
    const key = keyOf(line);
    const promises = CUT_HERE.test(line.text);
    const host = this.#hostOf(line);
    if (promises ? host?.inHeader : host && !host.complete) return false;
    if (promises || RULE.test(line.text)) {
      this.#breakPromise(key);
      this.#preludes.set(key, { lines: [line], promises });
      return promises || !host;
    }
    const prelude = this.#preludes.get(key);
    if (!prelude) return false;
    prelude.lines.push(line);
    if (prelude.lines.length > PRELUDE_LINES) this.#breakPromise(key);
    return prelude.promises;
  }

  /** `cut here` without what it announced: evidence, if a poor one. */
  #breakPromise(key: string): void {
    const prelude = this.#preludes.get(key);
    this.#preludes.delete(key);
    const [first, ...rest] = prelude?.promises ? prelude.lines : [];
    if (!first) return;
    this.#start({ detector: CORRUPTED, groups: {} }, first);
    for (const line of rest) this.#continue(line);
  }

  #orphanEnd(line: NumberedLine): void {
    if (this.#owedEnds > 0) this.#owedEnds--;
    else {
      this.#start({ detector: CORRUPTED, groups: {} }, line);
      this.#open.get(keyOf(line))?.damage('truncated');
    }
  }

  #continue(line: NumberedLine): void {
    const host = this.#hostOf(line);
    if (host) this.#offer(host, line);
  }

  #offer(host: OpenSplat, line: NumberedLine): void {
    const key = [...this.#open].find(([, splat]) => splat === host)?.[0];
    if (key === undefined) return;
    const taking = host.offer(line);
    if (taking === 'over') this.#close(key, 'natural');
    else if (host.final) this.#close(key, 'natural');
  }

  /** The open splat that a line belongs to, if it belongs to one. */
  #hostOf(line: NumberedLine): OpenSplat | undefined {
    const own = this.#open.get(keyOf(line));
    if (own) return own;
    const open = [...this.#open.values()];
    // Without a caller id on either side nothing tells them apart.
    if (line.context === null) return open.at(-1);
    return open.findLast((splat) => splat.detector.spansContexts || splat.context === null);
  }

  #lost(): void {
    for (const splat of this.#open.values()) splat.damage('lost-lines');
  }

  #close(key: string, how: Closing): void {
    const splat = this.#open.get(key);
    if (!splat) return;
    this.#open.delete(key);
    if (splat.detector.ending === 'end-trace' && !splat.complete) this.#owedEnds++;
    this.#panicked ||= splat.panicked;
    const told = splat.close(how);
    this.#lastEnd = told.endLine;
    this.#events.push({ kind: 'ended', splat: told });
  }

  #closeAll(how: Closing): ScanEvent[] {
    for (const key of [...this.#preludes.keys()]) this.#breakPromise(key);
    for (const key of [...this.#open.keys()]) this.#close(key, how);
    return this.#drain();
  }

  #promised(): boolean {
    return [...this.#preludes.values()].some((prelude) => prelude.promises);
  }

  #drain(): ScanEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** All splats of a whole log, in the order of their first lines. Bytes may be anything; nothing throws. */
export function scanLog(log: string | Uint8Array): Splat[] {
  const scanner = new SplatScanner();
  const text = typeof log === 'string' ? log : decodeConsole(log);
  const events = text.split('\n').flatMap((line) => scanner.push(line));
  return [...events, ...scanner.finish()]
    .flatMap((event) => (event.kind === 'ended' ? [event.splat] : []))
    .sort((a, b) => a.startLine - b.startLine);
}

function keyOf(line: NumberedLine): string {
  return line.context ?? '';
}
