// SPDX-License-Identifier: GPL-2.0-only
import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';

/**
 * The host's end of a guest's SSH port (guests/src/sshport.c). The port does not separate one connection from the next.
 * So a connection begins with a line that carries a cookie; whatever comes before the guest's answer with that cookie
 * belongs to an earlier connection.
 */
const CONNECT = 'swaprace-connect';
const READY = 'swaprace-ready';
/** In hexadecimal, 16 characters. */
const COOKIE_BYTES = 8;

/**
 * Connects to a port; the socket then carries what the guest's server sends. Bytes wait in QEMU until the guest reads
 * them.
 *
 * @throws the socket's error; an Error when it is closed before the guest has answered, or `timeoutMs` are over.
 */
export async function connectPort(socketPath: string, timeoutMs: number): Promise<Socket> {
  const socket = createConnection(socketPath);
  const cookie = randomBytes(COOKIE_BYTES).toString('hex');
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const awaited = `${READY} ${cookie}\n`;
      let end = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        const seen = Buffer.concat([end, chunk]);
        const at = seen.indexOf(awaited);
        // Only what may be the beginning of the answer is kept: a port that floods must not fill the memory.
        end = seen.subarray(-awaited.length);
        if (at < 0) return;
        socket.off('data', onData);
        socket.pause();
        const rest = seen.subarray(at + awaited.length);
        if (rest.length > 0) socket.unshift(rest);
        resolve();
      };
      socket.on('data', onData);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed')));
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
      socket.write(`${CONNECT} ${cookie}\n`);
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
