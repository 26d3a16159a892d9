// SPDX-License-Identifier: GPL-2.0-only
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { aborted, orAborted, untilNextLook, within } from '../../host/deadline.ts';

const hangs = (): Promise<never> => new Promise(() => undefined);
const never = new AbortController().signal;

t.test('an abort that came before is noticed', async (t) => {
  const reason = new Error('before');
  await t.rejects(aborted(AbortSignal.abort(reason)), reason);
  await t.rejects(orAborted(AbortSignal.abort(reason), hangs()), reason);
});

t.test('work that does not listen is left at once', async (t) => {
  const over = new AbortController();
  setTimeout(() => over.abort(new Error('now')), 10);
  await t.rejects(orAborted(over.signal, hangs()), { message: 'now' });
});

t.test('a deadline ends the work, and names what was late', async (t) => {
  let aborted = false;
  const work = async (signal: AbortSignal): Promise<never> => {
    signal.addEventListener('abort', () => (aborted = true));
    return hangs();
  };
  await t.rejects(
    within(20, never, work, () => new Error('the answer is late')),
    { message: 'the answer is late' },
  );
  t.ok(aborted);
});

t.test('what work has started outlives its deadline, and ends with the signal', async (t) => {
  const over = new AbortController();
  const started = await within(
    20,
    over.signal,
    async (signal) => signal,
    () => new Error('late'),
  );
  await sleep(50);
  t.notOk(started.aborted);
  over.abort();
  t.ok(started.aborted);
});

t.test('after a late look, what came meanwhile is read before anything is judged', async (t) => {
  let read = false;
  const look = untilNextLook(10, never);
  setTimeout(() => (read = true), 1_100);
  // The process does not run: neither the look nor the timer comes in time.
  for (const begun = performance.now(); performance.now() - begun < 1_200;);
  await look;
  t.ok(read);
});
