// SPDX-License-Identifier: GPL-2.0-only
import type { SplatFollower } from '../model/interleave.ts';

type LineEvent =
  | { readonly kind: 'started'; readonly title: string }
  | { readonly kind: 'ended'; readonly splat: { readonly title: string } };

/** What reads splats off a console, as far as it is needed here. */
export interface LineScanner {
  push(line: string): readonly LineEvent[];
  /** Ends what is open. */
  settle(): readonly LineEvent[];
  readonly pending: 'none' | 'open' | 'complete';
}

/** Follows a live console. A restored guest begins anew, in the middle of a line perhaps. */
export class ConsoleSplats implements SplatFollower {
  #scanner: LineScanner;
  #titles: string[] = [];
  #isWhole = false;
  #tell: (() => void)[] = [];

  constructor(
    private readonly newScanner: () => LineScanner,
    onLine: (listener: (line: string) => void) => void,
  ) {
    this.#scanner = newScanner();
    onLine((line) => this.#take(line));
  }

  restart(): void {
    this.#scanner = this.newScanner();
    this.#titles = [];
    this.#isWhole = false;
    this.#tell = [];
  }

  async whole(): Promise<void> {
    if (!this.#isWhole) await new Promise<void>((resolve) => this.#tell.push(resolve));
  }

  titles(): readonly string[] {
    return this.#titles;
  }

  #take(line: string): void {
    this.#note(this.#scanner.push(line));
    if (this.#titles.length === 0 || this.#scanner.pending === 'open') return;
    // A panic may follow, and is the same splat: nobody needs to wait for it.
    this.#note(this.#scanner.settle());
    this.#isWhole = true;
    for (const tell of this.#tell.splice(0)) tell();
  }

  #note(events: readonly LineEvent[]): void {
    for (const event of events) {
      if (event.kind === 'started') this.#titles.push(event.title);
      // The title of a whole splat is the more telling one.
      else if (!this.#isWhole) this.#titles.splice(-1, 1, event.splat.title);
    }
  }
}
