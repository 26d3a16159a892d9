// SPDX-License-Identifier: GPL-2.0-only
import { createConnection, type Socket } from 'node:net';
import { MachineLostError, type HostError } from '../../model/errors.ts';
import { encodePacket, PacketReader, type Received } from './packet.ts';

interface Waiting {
  resolve(payload: string): void;
  reject(error: Error): void;
}

const INTERRUPT = Buffer.from([3]);

/**
 * Packets over a unix socket: acknowledged until the stub agrees not to, resent when they arrive damaged. `onPacket`
 * gets them in order.
 */
export class GdbConnection {
  readonly #reader = new PacketReader();
  #acks = true;
  #lastSent: Buffer | null = null;
  #onPacket: (payload: string) => void = () => undefined;
  #onLost: (error: HostError) => void = () => undefined;
  #lost: HostError | null = null;

  private constructor(private readonly socket: Socket) {
    // Every packet waits for its answer: Nagle's algorithm would hold back the next one.
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#reader.push(chunk).forEach((received) => this.#take(received)));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#lose());
  }

  /** @throws MachineLostError `GDB_LOST` when nobody listens. */
  static async open(path: string): Promise<GdbConnection> {
    const socket = createConnection(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (cause) =>
        reject(new MachineLostError('GDB_LOST', `Cannot reach the gdbstub at ${path}`, cause)),
      );
    });
    return new GdbConnection(socket);
  }

  listen(onPacket: (payload: string) => void, onLost: (error: HostError) => void): void {
    this.#onPacket = onPacket;
    this.#onLost = onLost;
  }

  /** @throws MachineLostError `GDB_LOST` when the connection is gone. */
  send(payload: string): void {
    if (this.#lost !== null) throw this.#lost;
    this.#lastSent = encodePacket(payload);
    this.socket.write(this.#lastSent);
  }

  /** The byte that stops a running machine; it is not acknowledged. */
  sendInterrupt(): void {
    if (this.#lost !== null) throw this.#lost;
    this.socket.write(INTERRUPT);
  }

  /** From now on neither side acknowledges; only after the stub agreed to `QStartNoAckMode`. */
  stopAcks(): void {
    this.#acks = false;
  }

  close(): void {
    this.socket.destroy();
  }

  #take(received: Received): void {
    switch (received.kind) {
      case 'ack':
        return;
      case 'nack':
        if (this.#lastSent !== null) this.socket.write(this.#lastSent);
        return;
      case 'corrupt':
        this.socket.write('-');
        return;
      case 'packet':
        if (this.#acks) this.socket.write('+');
        this.#onPacket(received.payload);
    }
  }

  #lose(): void {
    this.#lost = new MachineLostError('GDB_LOST', 'The connection to the gdbstub was lost');
    this.#onLost(this.#lost);
  }
}

/** Answers in the order of their requests; an error rejects all that wait. */
export class Replies {
  readonly #waiting: Waiting[] = [];
  #failed: HostError | null = null;

  next(): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== null) reject(this.#failed);
      else this.#waiting.push({ resolve, reject });
    });
  }

  /** @returns false when nobody waits. */
  give(payload: string): boolean {
    const waiting = this.#waiting.shift();
    waiting?.resolve(payload);
    return waiting !== undefined;
  }

  fail(error: HostError): void {
    this.#failed = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
