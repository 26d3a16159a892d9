// SPDX-License-Identifier: GPL-2.0-only
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import type { WatchedProgram } from '../../lab/program.ts';
import { HostError } from '../../model/errors.ts';
import type { RemoteProcess, RemoteSession } from '../../model/guest.ts';
import type { GuestEnd, ThreadBeat } from '../../model/guest-end.ts';
import type { Exposure, WorkloadMessage } from '../../model/trial.ts';
import { stressCommand, type Workload } from '../../workload/command.ts';
import { parseWorkloadLine } from '../../workload/protocol.ts';

/** Longest piece of a workload's standard error that is kept for a message. */
const STDERR_LIMIT = 4_000;

/** The workload running in a guest: its lines kept as they come, its threads watched. Dispose closes the log. */
export class WorkloadRun implements WatchedProgram, AsyncDisposable {
  #lastLineAt = performance.now();
  #threads: readonly ThreadBeat[] = [];
  #threadsBefore: readonly ThreadBeat[] = [];
  #exposure: Exposure | null = null;
  #last: Extract<WorkloadMessage, { t: 'end' | 'fail' }> | null = null;
  #stderr = '';
  #logError: Error | null = null;
  readonly #drained: Promise<void>;

  private constructor(
    private readonly process: RemoteProcess,
    private readonly log: WriteStream,
    private readonly onBeat: (exposure: Exposure) => void,
  ) {
    log.on('error', (error) => (this.#logError = error));
    process.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(0, STDERR_LIMIT);
    });
    this.#drained = this.#readLines();
  }

  /** Starts `workload`. @throws GuestError when the guest refuses the command. */
  static async start(
    workload: Workload,
    remote: RemoteSession,
    logFile: string,
    onBeat: (exposure: Exposure) => void,
    signal: AbortSignal,
  ): Promise<WorkloadRun> {
    const process = await remote.spawn(stressCommand(workload), { signal });
    return new WorkloadRun(process, createWriteStream(logFile, { flags: 'w' }), onBeat);
  }

  /** How the workload came to its end by itself. */
  async ended(): Promise<GuestEnd> {
    const exit = await this.process.exit;
    await this.#drained;
    if (this.#last?.t === 'fail') return { kind: 'program-failed', message: this.#last.message };
    if (exit.lost) return { kind: 'guest-lost', message: 'the SSH session was lost', machine: null };
    const how = exit.signal === null ? `exit status ${exit.code}` : `signal ${exit.signal}`;
    if (this.#last?.t === 'end' && !this.#last.joined) return { kind: 'stalled', threads: this.#threads };
    if (exit.code !== 0) return { kind: 'program-failed', message: `${how}${this.#stderrSuffix()}` };
    if (this.#last === null) return { kind: 'program-failed', message: 'exit status 0 without an end marker' };
    return { kind: 'completed' };
  }

  /** What the last beat said; null before the first. */
  get exposure(): Exposure | null {
    return this.#exposure;
  }

  /**
   * Threads that the last two beats showed without progress for `limitMs` of the guest's clock or longer: the first
   * beat after the host was stopped for a while shows every thread so.
   */
  stalledThreads(limitMs: number): readonly ThreadBeat[] {
    const before = new Set(this.#threadsBefore.filter(({ stalledMs }) => stalledMs >= limitMs).map(({ name }) => name));
    return this.#threads.filter(({ name, stalledMs }) => stalledMs >= limitMs && before.has(name));
  }

  /** Milliseconds of the host's clock since the last line. */
  silentMs(): number {
    return performance.now() - this.#lastLineAt;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.log.end();
    await finished(this.log).catch(() => undefined);
    if (this.#logError === null) return;
    throw new HostError('WORKLOAD_LOG_NOT_KEPT', `Cannot write ${String(this.log.path)}: ${this.#logError.message}`, {
      hint: 'free some space and run again',
      cause: this.#logError,
    });
  }

  async #readLines(): Promise<void> {
    const lines = createInterface({ input: this.process.stdout, crlfDelay: Infinity });
    for await (const line of lines) {
      this.#lastLineAt = performance.now();
      if (!this.log.writableEnded) this.log.write(`${line}\n`);
      this.#take(parseWorkloadLine(line));
    }
  }

  #take(message: WorkloadMessage | null): void {
    switch (message?.t) {
      case undefined:
      case 'start':
        return;
      case 'beat': {
        this.#threadsBefore = this.#threads;
        this.#threads = message.threads;
        this.#exposure = message.exposure;
        this.onBeat(message.exposure);
        return;
      }
      case 'end':
      case 'fail':
        this.#last = message;
    }
  }

  #stderrSuffix(): string {
    const said = this.#stderr.trim();
    return said === '' ? '' : `: ${said}`;
  }
}
