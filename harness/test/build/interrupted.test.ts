// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { buildKernel } from '../../build/kernel.ts';
import { exists, readTextIfExists } from '../../host/files.ts';
import { start } from '../../host/process.ts';
import { fakeRequest, fakeTree, fill, series } from './fake-kernel.ts';

const stalled = series('stalled', fill('switches/stall', 'mm/memory'));
const BUILDER = fileURLToPath(new URL('stalled-build.ts', import.meta.url));

async function until<T>(what: string, probe: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < 2400; tries += 1) {
    const found = await probe();
    if (found !== null) return found;
    await sleep(50);
  }
  throw new Error(`${what} did not happen`);
}

t.test('a build that is aborted leaves nothing, and the next goes on', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const abort = new AbortController();
  const object = join(dir, 'cache', 'trees', tree.id, 'obj', 'mm', 'memory.o');
  const building = buildKernel(fakeRequest(tree, join(dir, 'cache'), { series: [stalled], signal: abort.signal }));
  building.catch(() => undefined);
  await until('the stall', () => readTextIfExists(object));
  abort.abort(new Error('stop now'));
  await t.rejects(building, { message: 'stop now' });
  t.notOk(await exists(join(dir, 'cache', 'kernels')));
  const next = await buildKernel(fakeRequest(tree, join(dir, 'cache')));
  t.equal(next.cached, false);
});

t.test('a build that is killed leaves nothing that looks whole', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const cache = join(dir, 'cache');
  const tree = await fakeTree(join(dir, 'src'));
  const stock = await buildKernel(fakeRequest(tree, cache));

  // memory.o exists and its .cmd is older: the half-written object that make would take for finished.
  const builder = start(process.execPath, ['--import=tsx', BUILDER, tree.path, cache]);
  const object = join(cache, 'trees', tree.id, 'obj', 'mm', 'memory.o');
  await until('the stall', async () => ((await readTextIfExists(object)) === 'torn\n' ? true : null));
  const { session } = JSON.parse(await readFile(join(cache, 'trees', tree.id, 'running.json'), 'utf8')) as {
    session: number;
  };
  process.kill(builder.pid ?? 0, 'SIGKILL');
  await builder;
  t.same(await readdir(join(cache, 'kernels')), [stock.kernel.id]);

  const request = fakeRequest(tree, cache, { series: [series('swapfile', fill('switches/stall', 'nothing'))] });
  const next = await buildKernel(request);
  t.match(request.events[0], { kind: 'note', message: /interrupted/ });
  t.equal(next.kernel.buildId, stock.kernel.buildId, 'the torn object is not in it');
  await t.rejects(readlink(`/proc/${session}/cwd`), { code: 'ENOENT' }, 'what was left of the killed build is ended');
  t.same(await readdir(join(cache, 'tmp')), [], 'and its temporary folders are gone');
});
