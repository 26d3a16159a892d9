// SPDX-License-Identifier: GPL-2.0-only
import type { Breakpoint, MemorySpace, StopEvent, VcpuControl } from '../../model/interleave.ts';
import { GdbConnection, Replies } from './connection.ts';
import { MachineLostError, type HostError } from '../../model/errors.ts';
import { GdbError } from './errors.ts';
import { includesOf, parseLittleEndian, registersOf, type RegisterSpec } from './registers.ts';
import { looksLikeStop, parseStop } from './stop-reply.ts';

/** Longest wait for the answer to a request of a stopped machine; the stub answers within a millisecond. */
const ANSWER_MS = 20_000;
/** Bytes read or written by one packet: in hexadecimal they fit QEMU's packets of 4096 characters. */
const CHUNK_BYTES = 2000;

/**
 * A client of QEMU's gdbstub. One request is in flight at a time. While the machine runs no request is possible; it can
 * be interrupted, and its stop awaited.
 *
 * @example
 * await using stub = await GdbClient.connect(socket);
 * const [first] = await stub.threads();
 * await stub.insert({ kind: 'software', address: 0xffffffff81112d30n });
 * stub.resume([first]);
 * const stop = await stub.waitStop(1000) ?? (await stub.interrupt());
 */
export class GdbClient implements VcpuControl, AsyncDisposable {
  readonly #replies = new Replies();
  #running = false;
  /** The request in flight, or the last one. */
  #asked = '';
  #stop: { resolve(stop: StopEvent): void; reject(error: Error): void } | null = null;
  #stopped: Promise<StopEvent> | null = null;
  #registers: readonly RegisterSpec[] = [];
  #thread: number | null = null;
  #space: MemorySpace = 'virtual';
  /** Operations run one after the other, however they are started. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly connection: GdbConnection,
    private readonly answerMs: number,
  ) {
    connection.listen(
      (payload) => this.#take(payload),
      (error) => this.#fail(error),
    );
  }

  /**
   * Connects, which stops the machine, and learns its registers.
   *
   * @throws MachineLostError `GDB_LOST`, `GDB_PROTOCOL`, `GDB_SILENT`.
   */
  static async connect(socketPath: string, answerMs: number = ANSWER_MS): Promise<GdbClient> {
    const client = new GdbClient(await GdbConnection.open(socketPath), answerMs);
    try {
      await client.#handshake();
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  async #handshake(): Promise<void> {
    const features = (await this.#ask('qSupported:qXfer:features:read+;swbreak+;hwbreak+')).split(';');
    if (features.includes('QStartNoAckMode+') && (await this.#ask('QStartNoAckMode')) === 'OK')
      this.connection.stopAcks();
    await this.#ask('?');
    this.#registers = features.includes('qXfer:features:read+') ? await this.#describeTarget() : [];
  }

  async #describeTarget(): Promise<RegisterSpec[]> {
    const main = await this.#transfer('features', 'target.xml');
    const parts: string[] = [main];
    for (const name of includesOf(main)) parts.push(await this.#transfer('features', name));
    return registersOf(parts);
  }

  async #transfer(object: string, annex: string): Promise<string> {
    let text = '';
    for (;;) {
      const part = await this.#ask(`qXfer:${object}:read:${annex}:${text.length.toString(16)},7fa`);
      if (part[0] !== 'm' && part[0] !== 'l')
        throw new GdbError('GDB_PROTOCOL', `qXfer ${annex}: unexpected ${part.slice(0, 40)}`);
      text += part.slice(1);
      if (part[0] === 'l') return text;
    }
  }

  threads(): Promise<number[]> {
    return this.#inTurn(async () => {
      const ids: number[] = [];
      for (let part = await this.#ask('qfThreadInfo'); part !== 'l'; part = await this.#ask('qsThreadInfo')) {
        if (!part.startsWith('m')) throw new GdbError('GDB_PROTOCOL', `Not a list of threads: ${part.slice(0, 40)}`);
        ids.push(
          ...part
            .slice(1)
            .split(',')
            .map((id) => Number.parseInt(id, 16)),
        );
      }
      return ids;
    });
  }

  readRegister(thread: number, name: string): Promise<bigint> {
    return this.#inTurn(async () => {
      const spec = this.#registerNamed(name);
      await this.#select(thread);
      return parseLittleEndian(checked(await this.#ask(`p${spec.number.toString(16)}`), `read ${name}`));
    });
  }

  readMemory(thread: number, address: bigint, length: number, space: MemorySpace = 'virtual'): Promise<Buffer> {
    return this.#inTurn(async () => {
      await this.#select(thread);
      await this.#useSpace(space);
      const parts: Buffer[] = [];
      for (let done = 0; done < length; done += CHUNK_BYTES) {
        const size = Math.min(CHUNK_BYTES, length - done);
        const hex = checked(
          await this.#ask(`m${(address + BigInt(done)).toString(16)},${size.toString(16)}`),
          `read memory at 0x${address.toString(16)}`,
        );
        parts.push(Buffer.from(hex, 'hex'));
      }
      return Buffer.concat(parts);
    });
  }

  writeMemory(thread: number, address: bigint, data: Uint8Array, space: MemorySpace = 'virtual'): Promise<void> {
    return this.#inTurn(async () => {
      await this.#select(thread);
      await this.#useSpace(space);
      for (let done = 0; done < data.length; done += CHUNK_BYTES) {
        const part = Buffer.from(data.subarray(done, done + CHUNK_BYTES));
        const place = (address + BigInt(done)).toString(16);
        expectOk(
          await this.#ask(`M${place},${part.length.toString(16)}:${part.toString('hex')}`),
          `write memory at 0x${place}`,
        );
      }
    });
  }

  insert(breakpoint: Breakpoint): Promise<void> {
    return this.#inTurn(async () => {
      expectOk(
        await this.#ask(`Z${breakpointArgs(breakpoint)}`),
        `set a breakpoint at 0x${breakpoint.address.toString(16)}`,
      );
    });
  }

  remove(breakpoint: Breakpoint): Promise<void> {
    return this.#inTurn(async () => {
      expectOk(
        await this.#ask(`z${breakpointArgs(breakpoint)}`),
        `remove the breakpoint at 0x${breakpoint.address.toString(16)}`,
      );
    });
  }

  /** One instruction of one vCPU; the others stay frozen. */
  async step(thread: number): Promise<StopEvent> {
    this.#go(`vCont;s:${hex(thread)}`);
    const stop = await this.waitStop(ANSWER_MS);
    if (stop === null)
      throw new MachineLostError('GDB_SILENT', `vCPU ${thread} did not end its step within ${ANSWER_MS / 1000} s`);
    return stop;
  }

  /** Resumes vCPUs; the others stay frozen. `waitStop` or `interrupt` returns their next stop. */
  resume(threads: readonly number[] | 'all'): void {
    this.#go(threads === 'all' ? 'vCont;c' : `vCont${threads.map((thread) => `;c:${hex(thread)}`).join('')}`);
  }

  /** The next stop of a running machine; null when there was none in time. */
  async waitStop(timeoutMs: number): Promise<StopEvent | null> {
    if (this.#stopped === null)
      throw new GdbError('GDB_STATE', 'The machine is not running: there is no stop to wait for');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), timeoutMs)));
    return Promise.race([this.#stopped, late]).finally(() => clearTimeout(timer));
  }

  /** Stops a running machine. A stop that was already under way counts. */
  async interrupt(): Promise<StopEvent> {
    if (this.#running) this.connection.sendInterrupt();
    const stop = await this.waitStop(ANSWER_MS);
    if (stop === null)
      throw new MachineLostError('GDB_SILENT', `The machine did not stop within ${ANSWER_MS / 1000} s`);
    return stop;
  }

  get running(): boolean {
    return this.#running;
  }

  close(): void {
    this.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #registerNamed(name: string): RegisterSpec {
    const spec = this.#registers.find((register) => register.name === name);
    if (spec === undefined) throw new GdbError('GDB_PROTOCOL', `The target describes no register ${name}`);
    return spec;
  }

  /** Selects the vCPU whose registers and virtual addresses are meant. */
  async #select(thread: number): Promise<void> {
    if (this.#thread === thread) return;
    expectOk(await this.#ask(`Hg${hex(thread)}`), `select vCPU ${thread}`);
    this.#thread = thread;
  }

  async #useSpace(space: MemorySpace): Promise<void> {
    if (this.#space === space) return;
    expectOk(await this.#ask(`Qqemu.PhyMemMode:${space === 'physical' ? 1 : 0}`), `use ${space} addresses`);
    this.#space = space;
  }

  /** Several requests that belong together, with no others between them. */
  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(operation);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #ask(request: string): Promise<string> {
    if (this.#running) throw new GdbError('GDB_STATE', `${request.slice(0, 30)}: the machine runs`);
    this.#asked = request;
    this.connection.send(request);
    const reply = this.#replies.next();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const problem = `No answer to ${request.slice(0, 30)} within ${this.answerMs / 1000} s`;
        reject(new MachineLostError('GDB_SILENT', problem));
        // A late answer would be taken for that to the next request.
        this.close();
      }, this.answerMs);
    });
    return Promise.race([reply, late]).finally(() => clearTimeout(timer));
  }

  #go(request: string): void {
    if (this.#running) throw new GdbError('GDB_STATE', `${request}: the machine runs already`);
    this.#running = true;
    // The stub moves its current vCPU to the one that stopped.
    this.#thread = null;
    this.#stopped = new Promise((resolve, reject) => (this.#stop = { resolve, reject }));
    this.#stopped.catch(() => undefined);
    this.connection.send(request);
  }

  #take(payload: string): void {
    if (this.#running) return this.#takeWhileRunning(payload);
    // QEMU sends an unsolicited stop when a client connects; only `?` has such an answer.
    if (looksLikeStop(payload) && this.#asked !== '?') return;
    this.#replies.give(payload);
  }

  #takeWhileRunning(payload: string): void {
    // `O` is output for the console of a debugger.
    if (payload.startsWith('O') && payload !== 'OK') return;
    this.#running = false;
    try {
      if (/^E/.test(payload) || payload === '') expectOk(payload, 'resume');
      this.#stop?.resolve(parseStop(payload));
    } catch (error) {
      this.#stop?.reject(error as Error);
    }
  }

  #fail(error: HostError): void {
    this.#running = false;
    this.#stop?.reject(error);
    this.#replies.fail(error);
  }
}

function hex(thread: number): string {
  return thread.toString(16);
}

function breakpointArgs({ kind, address }: Breakpoint): string {
  return `${kind === 'software' ? 0 : 1},${address.toString(16)},1`;
}

function checked(answer: string, what: string): string {
  if (answer === '') throw new GdbError('GDB_UNSUPPORTED', `The gdbstub cannot ${what}`);
  const refused = /^E([0-9a-f]{2})$/.exec(answer)?.[1];
  if (refused === undefined) return answer;
  throw new GdbError('GDB_REFUSED', `The gdbstub refused to ${what} (E${refused})`, Number.parseInt(refused, 16));
}

function expectOk(answer: string, what: string): void {
  if (checked(answer, what) !== 'OK')
    throw new GdbError('GDB_PROTOCOL', `The gdbstub answered ${answer.slice(0, 40)} to: ${what}`);
}
