// SPDX-License-Identifier: GPL-2.0-only
import { SplatScanner } from '../evidence/scanner.ts';
import { untilNextLook } from '../host/deadline.ts';
import type { StartedGuest } from '../model/guest.ts';

/** A splat whose last line came: this long for a panic to follow. */
const AFTER_LAST_LINE_MS = 250;
/** A splat whose last line has not come, on a console that says nothing more. */
const AFTER_SILENCE_MS = 2_000;
/** A splat that goes on and on. */
const LONGEST_MS = 15_000;
const LOOK_EVERY_MS = 50;

/**
 * Follows a guest's console live, so that a guest is ended soon after its splat and not before the frames are whole.
 */
export class SplatWatch {
  readonly #scanner = new SplatScanner();
  #startedAt: number | null = null;

  constructor(private readonly guest: StartedGuest) {
    guest.onConsoleLine((line) => {
      const started = this.#scanner.push(line).some((event) => event.kind === 'started');
      if (started) this.#startedAt ??= performance.now();
    });
  }

  /** Whether a splat has begun. */
  get seen(): boolean {
    return this.#startedAt !== null;
  }

  /** When the first splat began, on the clock of `performance.now()`; null before. */
  get startedAt(): number | null {
    return this.#startedAt;
  }

  /**
   * Resolves when a splat has come and been followed to its end; never when none comes. Polls: silence makes no event.
   */
  async followed(signal: AbortSignal): Promise<void> {
    while (!this.#isOver()) await untilNextLook(LOOK_EVERY_MS, signal);
  }

  #isOver(): boolean {
    if (this.#startedAt === null) return false;
    const quietMs = this.guest.consoleQuietMs();
    const limit = this.#scanner.pending === 'open' ? AFTER_SILENCE_MS : AFTER_LAST_LINE_MS;
    return quietMs >= limit || performance.now() - this.#startedAt >= LONGEST_MS;
  }
}
