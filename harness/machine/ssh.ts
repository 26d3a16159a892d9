// SPDX-License-Identifier: GPL-2.0-only
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import ssh2, { type ClientChannel } from 'ssh2';
import { orAborted } from '../host/deadline.ts';
import { shellWord } from '../host/shell.ts';
import { BootError, GuestError } from '../model/errors.ts';
import type {
  RemoteExit,
  RemoteOptions,
  RemoteOutput,
  RemoteProcess,
  RemoteSession,
  RemoteShell,
  TerminalSize,
} from '../model/guest.ts';
import { connectPort } from './port.ts';
import { unpackUntrusted } from './untrusted-tar.ts';

export interface SshOptions {
  /** Unix socket of the guest's SSH port. */
  readonly socketPath: string;
  readonly privateKey: string;
  /** The only host key that is accepted, in wire format. */
  readonly hostPublicKey: Buffer;
  readonly readyTimeoutMs: number;
}

/** Most bytes that `exec` keeps of one stream. */
const EXEC_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Opens an SSH session over a byte stream to the guest, as soon as the guest's server is up.
 *
 * @throws BootError `SSH_NOT_READY` when there is no session in time or the guest shows another host key.
 */
export async function connectSsh(options: SshOptions): Promise<SshSession> {
  const notReady = (cause: Error): BootError =>
    new BootError('SSH_NOT_READY', `No SSH session with the guest: ${cause.message}`, { cause });
  const startedAt = performance.now();
  const sock = await connectPort(options.socketPath, options.readyTimeoutMs).catch((cause: Error) => {
    throw notReady(cause);
  });
  const client = new ssh2.Client();
  // An emitter without a listener for 'error' throws; the promise and `closed` report failures.
  client.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error): void => {
      sock.destroy();
      reject(notReady(cause));
    };
    sock.once('error', fail);
    client.once('ready', resolve);
    client.once('error', fail);
    client.once('close', () => fail(new Error('the connection was closed')));
    client.connect({
      sock,
      username: 'root',
      privateKey: options.privateKey,
      readyTimeout: Math.max(1, options.readyTimeoutMs - (performance.now() - startedAt)),
      hostVerifier: (key: Buffer) => key.equals(options.hostPublicKey),
    });
  });
  return new SshSession(client);
}

/** RemoteSession over ssh2. */
export class SshSession implements RemoteSession {
  readonly closed: Promise<void>;

  constructor(private readonly client: ssh2.Client) {
    this.closed = new Promise((resolve) => client.once('close', () => resolve()));
  }

  async spawn(command: string, { signal }: RemoteOptions): Promise<RemoteProcess> {
    const { channel, exit } = await this.#open(command, signal);
    return {
      stdout: channel,
      stderr: channel.stderr,
      exit,
      kill: (name) => channel.signal(name),
    };
  }

  async exec(
    command: string,
    { signal, stdin = '' }: RemoteOptions & { readonly stdin?: string },
  ): Promise<RemoteOutput> {
    const { channel, exit } = await this.#open(command, signal);
    endInput(channel, stdin);
    const output = Promise.all([limited(channel), limited(channel.stderr), exit]);
    const [stdout, stderr, ended] = await orAborted(signal, output);
    return { ...ended, stdout, stderr };
  }

  async upload(tar: NodeJS.ReadableStream, remoteDir: string, { signal }: RemoteOptions): Promise<void> {
    const command = `mkdir -p ${shellWord(remoteDir)} && tar -x -f - -C ${shellWord(remoteDir)}`;
    const { channel, exit } = await this.#open(command, signal);
    tar.pipe(channel, { end: false });
    tar.once('end', () => endInput(channel));
    channel.resume();
    const [stderr, { code }] = await orAborted(signal, Promise.all([limited(channel.stderr), exit]));
    if (code !== 0)
      throw new GuestError('UPLOAD_FAILED', `Cannot unpack files in the guest's ${remoteDir}: ${stderr.trim()}`);
  }

  async download(
    remoteDir: string,
    localDir: string,
    { limitBytes, signal }: RemoteOptions & { readonly limitBytes: number },
  ): Promise<void> {
    const { channel, exit } = await this.#open(`tar -c -f - -C ${shellWord(remoteDir)} .`, signal);
    const stderr = limited(channel.stderr);
    const packed = channel.pipe(new PassThrough());
    try {
      await orAborted(signal, unpackUntrusted(packed, localDir, limitBytes));
    } catch (error) {
      packed.destroy();
      // End the command first: dropbear may refuse the next command after a channel that was closed under it.
      channel.signal('KILL');
      channel.resume();
      await orAborted(signal, exit);
      throw error;
    }
    const { code } = await orAborted(signal, exit);
    if (code !== 0)
      throw new GuestError('DOWNLOAD_FAILED', `Cannot pack the guest's ${remoteDir}: ${(await stderr).trim()}`);
  }

  async shell({ rows, columns, term }: TerminalSize & { readonly term: string }): Promise<RemoteShell> {
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      this.client.shell({ rows, cols: columns, term }, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    return {
      stream: channel,
      resize: (size) => channel.setWindow(size.rows, size.columns, 0, 0),
      exit: exitOf(channel, this.closed),
    };
  }

  /** Ends the session at once. */
  close(): void {
    this.client.destroy();
  }

  /**
   * A short command may be over, with its status, before a promise's continuation runs: listeners must be attached at
   * once. A guest that hangs neither opens nor closes a channel: the signal ends the wait for both.
   */
  #open(command: string, signal: AbortSignal): Promise<OpenChannel> {
    const opening = new Promise<OpenChannel>((resolve, reject) => {
      const fail = (cause: Error): void =>
        reject(new GuestError('REMOTE_START_FAILED', `Cannot start a command in the guest: ${command}`, { cause }));
      void this.closed.then(() => fail(new Error('the connection is closed')));
      try {
        this.client.exec(command, (error, channel) => {
          if (error) return fail(error);
          closeOnAbort(channel, signal);
          resolve({ channel, exit: exitOf(channel, this.closed) });
        });
      } catch (cause) {
        fail(cause as Error);
      }
    });
    return orAborted(signal, opening);
  }
}

interface OpenChannel {
  readonly channel: ClientChannel;
  readonly exit: Promise<RemoteExit>;
}

function closeOnAbort(channel: ClientChannel, signal: AbortSignal): void {
  const close = (): void => channel.close();
  if (signal.aborted) return close();
  signal.addEventListener('abort', close, { once: true });
  channel.once('close', () => signal.removeEventListener('abort', close));
}

/**
 * Signals the end of input. Not by `end()`: a stream whose two sides have ended is destroyed, ssh2 then closes the
 * channel, and the server drops the exit status that it was about to send.
 */
function endInput(channel: ClientChannel, last = ''): void {
  channel.write(last, () => (channel as ClientChannel & { eof(): void }).eof());
}

/** An exit status comes before the channel closes, and a channel whose output nobody reads never closes. */
function exitOf(channel: ClientChannel, connectionClosed: Promise<void>): Promise<RemoteExit> {
  return new Promise((resolve) => {
    const lost: RemoteExit = { code: null, signal: null, lost: true };
    channel.once('exit', (code: number | null, signal?: string) =>
      resolve({ code, signal: signal ?? null, lost: false }),
    );
    channel.once('close', () => resolve(lost));
    void connectionClosed.then(() => resolve(lost));
  });
}

async function limited(stream: NodeJS.ReadableStream): Promise<string> {
  const bounded = new PassThrough();
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= EXEC_LIMIT_BYTES) bounded.write(chunk);
  });
  stream.once('end', () => bounded.end());
  stream.once('close', () => bounded.end());
  return (await buffer(bounded)).toString('utf8');
}
