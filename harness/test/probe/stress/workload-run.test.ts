// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import t from 'tap';
import type { RemoteSession } from '../../../model/guest.ts';
import { WorkloadRun } from '../../../probe/stress/workload-run.ts';
import type { Workload } from '../../../workload/command.ts';
import { fakeProcess } from '../../lab/fake-guest.ts';

const spec = { backend: { kind: 'zram', sizeKiB: 1024 } } as unknown as Workload;
const exposure = {
  ...{ begun: 1, contenders: 1, overlapped: 1, exposed: 1, operations: 1, vmstat: {}, errors: {} },
  ...{ corruptPages: 0, corruptions: [], elapsedMs: 1 },
};
const beat = (...stalled: number[]): string =>
  JSON.stringify({
    t: 'beat',
    exposure,
    threads: stalled.map((stalledMs, at) => ({ name: `racer ${at}`, tid: at, operation: 'swap-in', stalledMs })),
  });

async function started(dir: string) {
  const fake = fakeProcess();
  const remote = { spawn: async () => fake.process } as unknown as RemoteSession;
  const log = join(dir, 'workload.jsonl');
  const run = await WorkloadRun.start(spec, remote, log, () => undefined, new AbortController().signal);
  const say = async (line: string): Promise<void> => {
    fake.write(line);
    for (let turn = 0; turn < 5; turn++) await tick();
  };
  return { ...fake, run, say, log };
}

t.test('a thread hangs when two beats in a row show it: one may come from a host that was stopped', async (t) => {
  const { run, say, exit } = await started(t.testdir({}));
  await say(beat(100, 25_000));
  t.same(run.stalledThreads(20_000), [], 'one beat is not enough');
  await say(beat(200, 100));
  t.same(run.stalledThreads(20_000), [], 'it went on');
  await say(beat(21_000, 25_000));
  await say(beat(21_100, 50));
  t.match(run.stalledThreads(20_000), [{ name: 'racer 0', stalledMs: 21_100 }]);
  exit({ code: 0 });
  await run[Symbol.asyncDispose]();
});

t.test('how a workload ends by itself', async (t) => {
  const end = { t: 'end', exposure, joined: true };
  const endOf = async (lines: readonly string[], exit: Parameters<ReturnType<typeof fakeProcess>['exit']>[0]) => {
    const workload = await started(t.testdir({}));
    for (const line of lines) await workload.say(line);
    workload.exit(exit);
    const ended = await workload.run.ended();
    await workload.run[Symbol.asyncDispose]();
    t.same((await readFile(workload.log, 'utf8')).split('\n').filter(Boolean), lines, 'every line is kept');
    return ended;
  };
  t.same(await endOf([JSON.stringify(end)], { code: 0 }), { kind: 'completed' });
  t.match(await endOf([], { code: 0 }), { kind: 'program-failed', message: /without an end marker/ });
  t.match(await endOf([JSON.stringify({ t: 'fail', message: 'EBUSY' })], { code: 1 }), {
    kind: 'program-failed',
    message: 'EBUSY',
  });
  t.match(await endOf([], { signal: 'SEGV' }), { kind: 'program-failed', message: 'signal SEGV' });
  t.match(await endOf([beat(1)], { lost: true }), { kind: 'guest-lost', message: /session was lost/ });
  t.match(await endOf([beat(5), JSON.stringify({ ...end, joined: false })], { code: 0 }), {
    kind: 'stalled',
    threads: [{ stalledMs: 5 }],
  });
});
