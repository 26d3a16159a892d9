// SPDX-License-Identifier: GPL-2.0-only
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { acquireLock, holderText, type LockHolder } from '../../host/lock.ts';
import { start } from '../../host/process.ts';

const signal = new AbortController().signal;

t.test('a lock is held by one, and the next gets it on release', async (t) => {
  const path = join(t.testdir(), 'lock');
  const first = await acquireLock(path, { purpose: 'first', signal });
  const order: string[] = [];
  let waited: LockHolder | null = null;
  let second: Promise<void> = Promise.resolve();
  await new Promise<void>((seen) => {
    second = acquireLock(path, {
      purpose: 'second',
      signal,
      onWait: (holder) => {
        waited = holder;
        seen();
      },
    }).then(async (lock) => {
      order.push('second has it');
      await lock[Symbol.asyncDispose]();
    });
  });
  t.match(waited, { pid: process.pid, purpose: 'first' });
  t.match(holderText(waited), /^process \d+ on .* \(first\) since \d{4}-/);
  order.push('first releases');
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await second;
  t.same(order, ['first releases', 'second has it']);
  await using _third = await acquireLock(path, { purpose: 'third', signal });
});

t.test('what a dead process wrote into the file holds nothing', async (t) => {
  const path = join(t.testdir(), 'lock');
  await writeFile(
    path,
    JSON.stringify({ pid: 999_999_999, host: 'here', purpose: 'a build that died '.repeat(9), since: '2020-01-01' }),
  );
  await using lock = await acquireLock(path, { purpose: 'new', signal, onWait: () => t.fail('must not wait') });
  t.match(JSON.parse(await readFile(lock.path, 'utf8')), { pid: process.pid, purpose: 'new' });
});

t.test('the lock of a process that is killed is free', async (t) => {
  const path = join(t.testdir(), 'lock');
  const code = `import { acquireLock } from ${JSON.stringify(new URL('../../host/lock.ts', import.meta.url).href)};
    await acquireLock(${JSON.stringify(path)}, { purpose: 'doomed', signal: new AbortController().signal });
    console.log('held'); setInterval(() => {}, 1000);`;
  const doomed = start(process.execPath, ['--import=tsx', '--input-type=module', '-e', code]);
  await new Promise((held) => doomed.stdout.once('data', held));
  let waited: LockHolder | null = null;
  let heir: Promise<void> = Promise.resolve();
  await new Promise<void>((seen) => {
    heir = acquireLock(path, {
      purpose: 'heir',
      signal,
      onWait: (holder) => {
        waited = holder;
        seen();
      },
    }).then((lock) => lock[Symbol.asyncDispose]());
  });
  t.match(waited, { pid: doomed.pid, purpose: 'doomed' });
  process.kill(doomed.pid ?? 0, 'SIGKILL');
  await doomed;
  await heir;
  t.pass('no one had to break it');
});

t.test('a waiting process can be interrupted', async (t) => {
  const path = join(t.testdir(), 'lock');
  await using _first = await acquireLock(path, { purpose: 'first', signal });
  const abort = new AbortController();
  const waiting = acquireLock(path, {
    purpose: 'second',
    signal: abort.signal,
    onWait: () => abort.abort(new Error('enough')),
  });
  await t.rejects(waiting, { message: 'enough' });
});

t.test('a lock whose file has gone is refused, and nothing is left of it', async (t) => {
  const dir = t.testdir({ cache: {} });
  const path = join(dir, 'cache', 'lock');
  const children = (): Promise<string> => readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  const before = await children();
  const first = await acquireLock(path, { purpose: 'first', signal });
  let second: Promise<unknown> = Promise.resolve();
  await new Promise<void>(
    (seen) => void (second = acquireLock(path, { purpose: 'second', signal, onWait: () => seen() })),
  );
  await rm(join(dir, 'cache'), { recursive: true });
  const refused = t.rejects(second, { code: 'LOCK_FAILED' });
  await first[Symbol.asyncDispose]();
  await refused;
  t.equal(await children(), before);
});

t.test('who waited for a file that was removed waits for the one in its place', async (t) => {
  const path = join(t.testdir(), 'lock');
  const take = async (purpose: string, onWait?: () => void) =>
    acquireLock(path, { purpose, signal, ...(onWait === undefined ? {} : { onWait }) });
  const first = await take('first');
  let second: ReturnType<typeof take> | null = null;
  await new Promise<void>((seen) => void (second = take('second', seen)));
  await rm(path);
  const third = await take('third');
  const order: string[] = [];
  const last = second!.then((lock) => (order.push('second'), lock));
  await first[Symbol.asyncDispose]();
  await new Promise((later) => setTimeout(later, 300));
  order.push('third releases');
  await third[Symbol.asyncDispose]();
  await (await last)[Symbol.asyncDispose]();
  t.same(order, ['third releases', 'second']);
});

t.test("a file that cannot be locked is the host's fault", async (t) => {
  const path = t.testdir({ folder: {} });
  await t.rejects(acquireLock(join(path, 'folder'), { purpose: 'x', signal }), {
    name: 'HostError',
    code: 'LOCK_FAILED',
  });
});
