// SPDX-License-Identifier: GPL-2.0-only
/** What the workload of swapoff counts, run on this machine with a swap area to which nothing goes. */
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import type { Exposure, WorkloadMessage } from '../../model/trial.ts';
import { compilePrograms } from '../../rootfs/compile.ts';
import { foldWorkload } from '../../workload/fold.ts';
import { parseWorkloadLog } from '../../workload/protocol.ts';
import { guestsDir, SWAPOFF } from '../race/shipped.ts';

/** How the fake behaves; fake-swap.c explains it. */
interface Fake {
  readonly FAKE_SWAPPED?: 'controller' | 'everybody';
  readonly FAKE_SWAPOFF_MS?: string;
  readonly FAKE_SWAPOFF_ERRNO?: string;
}

const CALLS = ['fork', 'mincore', 'smaps', 'willneed', 'unmap'];

async function program(dir: string): Promise<string> {
  const guests = join(dir, 'guests');
  const own = join(guests, 'races/swapoff/stress');
  mkdirSync(own, { recursive: true });
  cpSync(join(guestsDir, 'src/common'), join(guests, 'src/common'), { recursive: true });
  cpSync(join(guestsDir, 'races/swapoff/stress'), own, { recursive: true });
  cpSync(join(import.meta.dirname, 'fake-swap.c'), join(own, 'fake-swap.c'));
  const [entry] = await compilePrograms(guests, new AbortController().signal);
  if (entry?.kind !== 'file') throw new Error('no program');
  const file = join(dir, 'stress');
  writeFileSync(file, entry.data);
  chmodSync(file, 0o755);
  return file;
}

const stress = await program(t.testdir({}));

/** A second of a workload, each line that it printed. */
async function messagesOf(kind: string, fake: Fake): Promise<readonly WorkloadMessage[]> {
  const args = ['--kind', kind, '--backend', 'none', '--swap', '/none', '--threads', '4', '--pages', '32'];
  const { stdout } = await execa(stress, [...args, '--seconds', '1', '--evict', 'pageout'], { env: { ...fake } });
  const log = parseWorkloadLog(stdout);
  t.equal(log.damaged, 0, `${kind}: every line is a message`);
  return log.messages;
}

async function exposureOf(kind: string, fake: Fake): Promise<Exposure> {
  const end = (await messagesOf(kind, fake)).at(-1);
  if (end?.t !== 'end' || !end.joined) throw new Error(`not an end: ${JSON.stringify(end)}`);
  return end.exposure;
}

for (const kind of Object.keys(SWAPOFF.workloads)) {
  t.test(`${kind}: what is not on swap is not exposed`, async (t) => {
    const [nothing, none, calls] = await Promise.all([
      exposureOf(kind, { FAKE_SWAPOFF_MS: '2' }),
      exposureOf(kind, { FAKE_SWAPPED: 'controller', FAKE_SWAPOFF_MS: '2' }),
      exposureOf(kind, { FAKE_SWAPPED: 'everybody' }),
    ]);
    t.match(
      nothing,
      { begun: 0, contenders: 0, overlapped: 0, exposed: 0, operations: 0 },
      'nothing: not even a cycle',
    );
    t.ok(none.contenders > 0, 'swapoff ran');
    t.match(
      none,
      { overlapped: 0, exposed: 0, operations: 0 },
      'an operation that finds nothing on swap does not count',
    );
    t.equal(
      calls.overlapped > 0,
      CALLS.includes(kind),
      'a call on pages that are on swap is one; no touch took a fault',
    );
    t.ok(calls.exposed <= calls.overlapped && calls.overlapped <= calls.contenders);
  });
}

t.test('calls that ended before swapoff returned overlapped it, and cannot use what it took away', async (t) => {
  const over = await exposureOf('willneed', { FAKE_SWAPPED: 'everybody', FAKE_SWAPOFF_MS: '50' });
  t.ok(over.exposed < over.overlapped, `${over.exposed} of ${over.overlapped}`);
  const still = await exposureOf('smaps', { FAKE_SWAPPED: 'everybody', FAKE_SWAPOFF_MS: '50' });
  t.ok(still.exposed > 0, 'a racer that goes on until swapoff has returned is in flight then');
});

t.test('a swapoff counts as begun from its entry, and no longer when it failed', async (t) => {
  const during = await messagesOf('anon', { FAKE_SWAPPED: 'controller', FAKE_SWAPOFF_MS: '250' });
  const pending = during.flatMap((message) =>
    message.t === 'beat' ? [message.exposure.begun - message.exposure.contenders] : [],
  );
  t.ok(pending.includes(1), `pending: ${pending.join(' ')}`);
  t.same(
    pending.filter((each) => each !== 0 && each !== 1),
    [],
  );
  const failed = await exposureOf('anon', { FAKE_SWAPPED: 'controller', FAKE_SWAPOFF_ERRNO: '4' });
  t.match(failed, { begun: 0, contenders: 0, exposed: 0 });
  t.ok((failed.errors['swapoff:EINTR'] ?? 0) > 0);
});

t.test('the signal that killed the worker is reported', async (t) => {
  const args = ['--kind', 'anon', '--backend', 'none', '--swap', '/none', '--threads', '2', '--pages', '32'];
  const running = execa(stress, [...args, '--seconds', '60', '--evict', 'pageout'], { reject: false });
  running.stdout.once('data', () => {
    const children = readFileSync(`/proc/${running.pid}/task/${running.pid}/children`, 'latin1').trim().split(' ');
    for (const child of children) process.kill(Number(child), 'SIGBUS');
  });
  const { messages } = parseWorkloadLog((await running).stdout);
  t.match(messages.at(-1), { t: 'fail', message: 'the worker was killed by signal 7', signal: 7 });
  t.match(foldWorkload(messages), { killedBy: 7, ended: false });
});
