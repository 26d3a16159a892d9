// SPDX-License-Identifier: GPL-2.0-only
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ServerChannel } from 'ssh2';
import t from 'tap';
import { connectSsh } from '../../machine/ssh.ts';

/** What a channel's protocol can do; the public interface of a server's channel closes with its last byte. */
interface RawChannel extends ServerChannel {
  eof(): void;
  readonly outgoing: { readonly id: number };
  readonly _client: {
    readonly _protocol: { exitStatus(id: number, code: number): void; channelClose(id: number): void };
  };
}

const never = new AbortController().signal;
/** Long against a round trip over a unix socket. */
const LATE_MS = 100;

t.test('a status that comes late is waited for, and one that comes at once is not missed', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const hostKey = ssh2.utils.parseKey(privateKey);
  if (hostKey instanceof Error) throw hostKey;
  const input: string[] = [];
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (request) => request.accept());
    client.on('ready', () =>
      client.on('session', (accept) =>
        accept().on('exec', (take, _, { command }) => answer[command]?.(take() as RawChannel)),
      ),
    );
  });
  const finish = ({ _client: { _protocol: protocol }, outgoing: { id } }: RawChannel, code: number): void => {
    protocol.exitStatus(id, code);
    protocol.channelClose(id);
  };
  const answer: Record<string, (channel: RawChannel) => void> = {
    'at once': (channel) => {
      channel.write('output');
      channel.eof();
      finish(channel, 3);
    },
    'not closed': () => undefined,
    late: (channel) => {
      let closedByClient = false;
      channel.on('data', (chunk: Buffer) => input.push(chunk.toString()));
      channel.on('close', () => (closedByClient = true));
      channel.on('end', () => {
        channel.write('output');
        channel.eof();
        // What a server does that has not yet waited for its child when it is asked to close: it forgets the status.
        setTimeout(() => void (closedByClient || finish(channel, 7)), LATE_MS);
      });
    },
  };
  const dir = mkdtempSync(join(tmpdir(), 'ssh-exit-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const socketPath = join(dir, 'ssh');
  // One write at a time is not how a slow host delivers: everything that is there comes in one piece.
  const listener = createServer((socket) => {
    socket.once('data', (hello: Buffer) => {
      socket.write(`of an earlier connection${hello.toString().replace('connect', 'ready')}`);
      server.injectSocket(inOnePiece(socket));
    });
  }).listen(socketPath);
  t.teardown(() => listener.close());
  const session = await connectSsh({
    socketPath,
    privateKey,
    hostPublicKey: hostKey.getPublicSSH(),
    readyTimeoutMs: 20_000,
  });
  t.teardown(() => session.close());
  t.match(await session.exec('late', { signal: never, stdin: 'its input' }), {
    code: 7,
    lost: false,
    stdout: 'output',
  });
  t.same(input, ['its input']);
  for (let time = 0; time < 5; time++)
    t.match(await session.exec('at once', { signal: never }), { code: 3, lost: false, stdout: 'output' });

  // A guest that hangs opens no channel, or one that it never closes.
  for (const command of ['not opened', 'not closed']) {
    const begun = performance.now();
    await t.rejects(session.exec(command, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' }, command);
    await t.rejects(session.exec(command, { signal: AbortSignal.abort(new Error('before')) }), { message: 'before' });
    t.ok(performance.now() - begun < 5_000, 'at once');
  }
});

/** Writes of one turn of the event loop leave together. */
function inOnePiece(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (data: Uint8Array) => boolean;
  let waiting: Uint8Array[] = [];
  socket.write = ((data: Uint8Array): boolean => {
    if (waiting.push(data) === 1) {
      setImmediate(() => {
        const all = Buffer.concat(waiting);
        waiting = [];
        write(all);
      });
    }
    return true;
  }) as typeof socket.write;
  return socket;
}
