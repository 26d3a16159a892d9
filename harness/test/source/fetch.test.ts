// SPDX-License-Identifier: GPL-2.0-only
import { readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { sha256 } from '../../host/hash.ts';
import { runOk } from '../../host/process.ts';
import { prepareSource } from '../../source/prepare.ts';
import { writeFakeKernel } from '../build/fake-kernel.ts';
import { sourceOptions } from './options.ts';

t.test('a tarball is fetched once, whole and with the right sum', async (t) => {
  const dir = t.testdir({ cache: {} });
  await writeFakeKernel(join(dir, 'linux-6.1.7'));
  await runOk('tar', ['-C', dir, '-czf', join(dir, 'l.tar.gz'), 'linux-6.1.7']);
  const bytes = await readFile(join(dir, 'l.tar.gz'));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/gone.tar.gz') return void response.writeHead(404).end();
    response.writeHead(request.url === '/busy.tar.gz' ? 503 : 200, { 'content-length': bytes.length });
    if (request.url === '/cut.tar.gz') response.write(bytes.subarray(0, 100), () => response.destroy());
    else response.end(bytes);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.teardown(() => server.close());
  const url = (name: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}.tar.gz`;
  const prepare = (name: string, sum: string | null = null, offline = false) =>
    prepareSource(
      { kind: 'tarball', location: url(name), sha256: sum },
      { ...sourceOptions(join(dir, 'cache')), offline },
    );

  const tree = await prepare('good');
  t.match(tree, { kernelVersion: '6.1.7', provenance: { location: url('good'), sha256: sha256(bytes) } });
  t.same(await prepare('good', null, true), tree, 'offline, what is there is used');
  t.same(asked, ['/good.tar.gz']);

  await t.rejects(prepare('gone'), { name: 'SourceError', code: 'SOURCE_MISSING', message: /the server answered 404/ });
  await t.rejects(prepare('busy'), { name: 'HostError', code: 'FETCH_FAILED', message: /503/ });
  await t.rejects(prepare('cut'), { name: 'HostError', code: 'FETCH_FAILED' });
  await t.rejects(prepare('pinned', 'd'.repeat(64)), { name: 'SourceError', code: 'CHECKSUM_MISMATCH' });
  t.equal((await readdir(join(dir, 'cache', 'downloads'))).length, 1, 'only the good one is kept');
  await t.rejects(
    prepareSource(
      { kind: 'tarball', location: 'http://127.0.0.1:1/l.tar.gz', sha256: null },
      sourceOptions(join(dir, 'cache')),
    ),
    { name: 'HostError', code: 'FETCH_FAILED' },
  );
});
