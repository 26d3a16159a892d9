// SPDX-License-Identifier: GPL-2.0-only
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HostError } from '../model/errors.ts';
import type { KindTable } from '../results/kinds.ts';
import { servedPage } from './pages.ts';

export interface ServeOptions {
  readonly resultsDir: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly kinds?: KindTable;
}

/** A server that answers. Dispose ends it and every connection. */
export interface StartedServer extends AsyncDisposable {
  /** With a slash at its end. */
  readonly url: string;
}

const LOOPBACK = '127.0.0.1';

/** The pages load nothing; the headers say so once more. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
} as const;

/** Serves the index, reports and live pages of a results folder, on loopback only. @throws HostError `CANNOT_LISTEN` */
export async function serve({ resultsDir, port, kinds }: ServeOptions): Promise<StartedServer> {
  const server = createServer((request, response) => void answer(request, response, resultsDir, kinds));
  server.listen(port, LOOPBACK);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new HostError('CANNOT_LISTEN', `Cannot listen on ${LOOPBACK}:${port}: ${(cause as Error).message}`, {
      cause,
      hint: '--port with another number',
    });
  }
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${taken}/`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  resultsDir: string,
  kinds?: KindTable,
): Promise<void> {
  const { status, type, body } = await replyTo(request, resultsDir, kinds);
  response.writeHead(status, {
    ...HEADERS,
    'Content-Type': `${type}; charset=utf-8`,
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function replyTo(request: IncomingMessage, resultsDir: string, kinds?: KindTable): Promise<Reply> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET');
  // A page of the network can make a name of its own lead here; it cannot make a browser send this name.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) return plain(403, 'not by this name');
  const path = pathOf(request.url ?? '');
  if (path === null) return plain(400, 'no such address');
  try {
    const page = await servedPage(path, resultsDir, kinds);
    return page === null ? plain(404, 'no such page') : { status: 200, ...page };
  } catch (error) {
    // A run that is written meanwhile may lose a file between two looks; the next request finds it whole.
    return plain(500, error instanceof Error ? error.message : String(error));
  }
}

/** The path of an address, decoded once; null for one that is not well-formed. */
function pathOf(url: string): string | null {
  try {
    return decodeURIComponent(url.split('?')[0] ?? '');
  } catch {
    return null;
  }
}

function plain(status: number, text: string): Reply {
  return { status, type: 'text/plain', body: `${text}\n` };
}
