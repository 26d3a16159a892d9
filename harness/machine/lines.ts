// SPDX-License-Identifier: GPL-2.0-only
import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is handed on in pieces, so that a console without newlines cannot fill the memory. */
export const MAX_LINE_CHARS = 1 << 20;

/** Cuts a stream of bytes into text lines without their newline; invalid UTF-8 becomes U+FFFD. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.write(Buffer.from(chunk)));
  }

  /** Hands on what is left as a last line. @returns true when there was such an unfinished line. */
  end(): boolean {
    this.#take(this.#decoder.end());
    const unfinished = this.#rest !== '';
    if (unfinished) this.onLine(this.#rest);
    this.#rest = '';
    return unfinished;
  }

  #take(text: string): void {
    const pieces = text.split('\n');
    // Only what is new is searched: a long line may come a few bytes at a time.
    pieces[0] = this.#rest + (pieces[0] ?? '');
    this.#rest = pieces.pop() ?? '';
    for (const piece of pieces) this.onLine(piece.replace(/\r+$/, ''));
    while (this.#rest.length > MAX_LINE_CHARS) {
      this.onLine(this.#rest.slice(0, MAX_LINE_CHARS));
      this.#rest = this.#rest.slice(MAX_LINE_CHARS);
    }
  }
}
