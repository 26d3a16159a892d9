// SPDX-License-Identifier: GPL-2.0-only
import { createConnection, type Socket } from 'node:net';
import { z } from 'zod';
import { HostError, MachineLostError } from '../model/errors.ts';
import { LineSplitter } from './lines.ts';

const eventSchema = z.object({ event: z.string(), data: z.record(z.string(), z.unknown()).default({}) });
const replySchema = z.union([
  z.object({ return: z.unknown(), id: z.number() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.number() }),
]);

const jobsSchema = z.array(z.object({ id: z.string(), error: z.string().optional() }));

export type QmpEvent = z.infer<typeof eventSchema>;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A client of the QEMU Machine Protocol (docs/interop/qmp-spec.txt of QEMU) over a unix socket. */
export class QmpClient {
  readonly #pending = new Map<number, Pending>();
  /** Jobs that have not concluded, by their id. */
  readonly #jobs = new Map<string, Pending>();
  readonly #listeners: ((event: QmpEvent) => void)[] = [];
  #nextId = 1;
  #closed = false;

  private constructor(private readonly socket: Socket) {
    const splitter = new LineSplitter((line) => this.#dispatch(line));
    socket.on('data', (chunk) => splitter.push(chunk));
    socket.on('close', () => this.#fail('QEMU closed the QMP connection'));
    socket.on('error', () => undefined);
  }

  /**
   * Connects and leaves the negotiation mode.
   *
   * @throws MachineLostError `QMP_FAILED` when the socket cannot be reached.
   */
  static async connect(path: string): Promise<QmpClient> {
    const socket = createConnection(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (cause) =>
        reject(new MachineLostError('QMP_FAILED', `Cannot reach QEMU's QMP socket ${path}`, cause)),
      );
    });
    const client = new QmpClient(socket);
    await client.execute('qmp_capabilities');
    return client;
  }

  onEvent(listener: (event: QmpEvent) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Runs one command.
   *
   * @returns QEMU's `return` value.
   * @throws HostError `QMP_ERROR` with QEMU's description, `QMP_FAILED` when the connection ends first.
   */
  execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new MachineLostError('QMP_FAILED', `QMP ${command}: the connection is closed`));
      this.#pending.set(id, { resolve, reject });
      this.socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  /**
   * Starts a job and waits until QEMU says that it is over.
   *
   * @returns why it failed; null when it did not.
   * @throws HostError `QMP_ERROR` when QEMU refuses to start it, `QMP_FAILED` when the connection ends first.
   */
  async runJob(command: string, id: string, args: Readonly<Record<string, unknown>>): Promise<string | null> {
    const concluded = this.#concluded(id);
    // Until it is awaited, its failure is the command's as well.
    concluded.catch(() => undefined);
    await this.execute(command, { ...args, 'job-id': id });
    await concluded;
    const jobs = jobsSchema.parse(await this.execute('query-jobs'));
    await this.execute('job-dismiss', { id });
    return jobs.find((job) => job.id === id)?.error ?? null;
  }

  /** Resolves when a job, not yet started, has ended; rejects when the connection does first. */
  #concluded(id: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#jobs.set(id, { resolve: () => resolve(), reject });
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #dispatch(line: string): void {
    const message = parseJson(line);
    const event = eventSchema.safeParse(message);
    if (event.success) {
      this.#noteJob(event.data);
      for (const listener of this.#listeners) listener(event.data);
      return;
    }
    const reply = replySchema.safeParse(message);
    if (!reply.success) return; // The greeting, or a message of a later protocol version.
    const pending = this.#pending.get(reply.data.id);
    this.#pending.delete(reply.data.id);
    if ('error' in reply.data)
      pending?.reject(new HostError('QMP_ERROR', `QEMU refused: ${reply.data.error.desc}`, { concerns: 'guest' }));
    else pending?.resolve(reply.data.return);
  }

  #noteJob({ event, data }: QmpEvent): void {
    if (event !== 'JOB_STATUS_CHANGE' || data['status'] !== 'concluded') return;
    const id = String(data['id']);
    this.#jobs.get(id)?.resolve(undefined);
    this.#jobs.delete(id);
  }

  #fail(reason: string): void {
    this.#closed = true;
    for (const { reject } of [...this.#pending.values(), ...this.#jobs.values()])
      reject(new MachineLostError('QMP_FAILED', reason));
    this.#pending.clear();
    this.#jobs.clear();
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
