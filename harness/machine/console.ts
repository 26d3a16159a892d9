// SPDX-License-Identifier: GPL-2.0-only
import { createWriteStream, type WriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { HostError } from '../model/errors.ts';
import { LineSplitter } from './lines.ts';

/**
 * What a console log holds so far, one character per byte.
 *
 * @throws HostError `CONSOLE_NOT_KEPT` when it is not there any more.
 */
export async function readConsole(logFile: string): Promise<string> {
  return readFile(logFile, 'latin1').catch((cause: Error) => {
    throw notKept(
      `Cannot read the console log ${logFile}`,
      'make sure that nothing removes the results of a running run',
      cause,
    );
  });
}

function notKept(problem: string, hint: string, cause: Error): HostError {
  return new HostError('CONSOLE_NOT_KEPT', `${problem}: ${cause.message}`, { hint, cause });
}

/** The guest's serial console: kept byte for byte in a file, and passed line by line to listeners. */
export class SerialConsole {
  readonly #file: WriteStream;
  readonly #listeners: ((line: string) => void)[] = [];
  readonly #splitter = new LineSplitter((line) => this.#announce(line));
  readonly #done: Promise<void>;
  #fileError: Error | null = null;
  #lastByteAt = performance.now();
  #bytes = 0;
  #lastLines: string[] = [];

  constructor(source: Readable, logFile: string) {
    this.#file = createWriteStream(logFile, { flags: 'wx', mode: 0o644 });
    this.#file.on('error', (error) => (this.#fileError = error));
    source.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#done = this.#finish(source);
  }

  onLine(listener: (line: string) => void): void {
    this.#listeners.push(listener);
  }

  get bytes(): number {
    return this.#bytes;
  }

  quietMs(): number {
    return performance.now() - this.#lastByteAt;
  }

  /** The last lines, oldest first, for messages. */
  lastLines(count: number): string[] {
    return this.#lastLines.slice(-count);
  }

  /**
   * Resolves when the machine has closed the console and the file is whole on disk.
   *
   * @throws HostError `CONSOLE_NOT_KEPT` when the log could not be written: evidence is lost, and the disk is at fault.
   */
  async closed(): Promise<void> {
    await this.#done;
    if (this.#fileError === null) return;
    throw notKept(
      `Cannot write the console log ${String(this.#file.path)}`,
      'free some space, then run again',
      this.#fileError,
    );
  }

  #take(chunk: Buffer): void {
    this.#lastByteAt = performance.now();
    this.#bytes += chunk.length;
    if (this.#fileError === null) this.#file.write(chunk);
    this.#splitter.push(chunk);
  }

  #announce(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > 100) this.#lastLines = this.#lastLines.slice(-50);
    for (const listener of this.#listeners) listener(line);
  }

  async #finish(source: Readable): Promise<void> {
    await finished(source, { writable: false }).catch(() => undefined);
    this.#splitter.end();
    await new Promise<void>((resolve) => {
      if (this.#fileError !== null || this.#file.closed) return resolve();
      this.#file.once('close', () => resolve());
      this.#file.end();
    });
  }
}
