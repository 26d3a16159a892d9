// SPDX-License-Identifier: GPL-2.0-only
import type { SplatFollower } from '../model/interleave.ts';
import type { Splat } from '../model/splat.ts';

type LineEvent =
  { readonly kind: 'started'; readonly title: string } | { readonly kind: 'ended'; readonly splat: Splat };

/** What reads splats off a console, as far as it is needed here. */
export interface LineScanner {
  push(line: string): readonly LineEvent[];
  /** Ends what is open. */
  settle(): readonly LineEvent[];
  readonly pending: 'none' | 'open' | 'complete';
}

/** Follows a live console. A restored guest begins again, in the middle of a line perhaps. */
export class ConsoleSplats implements SplatFollower {
  #scanner: LineScanner;
  /** Those that have ended, and the provisional titles of those that have not. */
  #splats: Splat[] = [];
  #open: string[] = [];
  #isWhole = false;
  #waiting: (() => void)[] = [];

  constructor(
    private readonly newScanner: () => LineScanner,
    onLine: (listener: (line: string) => void) => void,
  ) {
    this.#scanner = newScanner();
    onLine((line) => this.#take(line));
  }

  restart(): void {
    this.#scanner = this.newScanner();
    this.#splats = [];
    this.#open = [];
    this.#isWhole = false;
    this.#waiting = [];
  }

  async whole(): Promise<void> {
    if (!this.#isWhole) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  titles(): readonly string[] {
    return [...this.#splats.map(({ title }) => title), ...this.#open];
  }

  splats(): readonly Splat[] {
    this.#note(this.#scanner.settle());
    return this.#splats;
  }

  #take(line: string): void {
    this.#note(this.#scanner.push(line));
    if (this.titles().length === 0 || this.#scanner.pending === 'open') return;
    // A panic may follow, and is the same splat: nobody needs to wait for it.
    this.#note(this.#scanner.settle());
    this.#isWhole = true;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #note(events: readonly LineEvent[]): void {
    for (const event of events) {
      if (event.kind === 'started') {
        this.#open.push(event.title);
        continue;
      }
      this.#open.shift();
      this.#splats = [...this.#splats, event.splat].sort((a, b) => a.startLine - b.startLine);
    }
  }
}
