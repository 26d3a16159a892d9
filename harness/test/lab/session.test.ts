// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import { aborted } from '../../host/deadline.ts';
import { answered } from '../../lab/answered.ts';
import { withDebuggedGuest } from '../../lab/debugged.ts';
import { programEnd, type WatchedProgram } from '../../lab/program.ts';
import { runSession, type Use } from '../../lab/session.ts';
import { END_MARK, hasEndMark } from '../../model/end-mark.ts';
import { BootError, GuestError, HostError, InterruptedError, UsageError } from '../../model/errors.ts';
import type { GuestSpec } from '../../model/guest.ts';
import type { GuestEnd } from '../../model/guest-end.ts';
import { fakeKit, hangs, kernel, type Behaviour, type FakeKit } from './fake-guest.ts';

const guest: GuestSpec = { vcpus: 2, memoryMiB: 128, cmdline: [], backend: { kind: 'zram', sizeKiB: 1024 } };
const request = { kernel, guest, accelerator: 'tcg' } as const;
const never = new AbortController().signal;
const completed: Use = async () => ({ kind: 'completed' });
const waits: Use = (_, signal) => aborted(signal);
const OOPS = [
  '[   10.000000] BUG: kernel NULL pointer dereference, address: 0000000000000000',
  '[   10.000001] RIP: 0010:__swap_duplicate+0x1/0x100',
  '[   10.000002] ---[ end trace 0000000000000000 ]---',
];

/** A program whose threads do what the test says. */
function program(change: Partial<WatchedProgram>): WatchedProgram {
  return { ended: hangs, stalledThreads: () => [], silentMs: () => 0, ...change };
}
const LIMITS = { hangMs: 1000, totalMs: 60_000 };

/** A session in which a program is watched. */
function watched(kit: FakeKit, change: Partial<WatchedProgram>, limits = LIMITS) {
  return runSession(request, kit, never, ({ guest }, signal) => programEnd(program(change), guest, limits, signal));
}

t.test('a guest is booted, proved, used and ended', async (t) => {
  const kit = fakeKit({});
  let used = false;
  const result = await runSession(request, kit, never, async ({ guest }) => {
    t.ok(
      kit.guests[0]?.commands.some((command) => command.startsWith('od ')),
      'its kernel was proved before',
    );
    t.equal(guest.argv[0], 'qemu');
    used = true;
    return { kind: 'completed' };
  });
  t.same(result, { end: { kind: 'completed' }, guestBuildId: kernel.buildId, argv: ['qemu'], bootMs: 1000 });
  t.ok(used);
  t.equal(kit.guests[0]?.running, false);
});

t.test('a guest whose program completed writes its end mark, and that is waited for', async (t) => {
  const marks = (kit: FakeKit) => kit.guests[0]?.commands.filter((command) => command.includes(END_MARK)).length;
  const kit = fakeKit({});
  await runSession(request, kit, never, completed);
  t.equal(marks(kit), 1);
  const failed = fakeKit({});
  await runSession(request, failed, never, async () => ({ kind: 'program-failed', message: '' }));
  t.equal(marks(failed), 0);
  const deaf = fakeKit({ answers: { [`echo '<5>`]: hangs } });
  t.same(
    (await runSession(request, deaf, never, completed)).end,
    { kind: 'completed' },
    'its console is truncated then',
  );
  t.ok(hasEndMark(`[    1.000000] x\n[    2.000000] ${END_MARK}\r\n`));
  t.notOk(hasEndMark(`[    1.000000] x\n[    2.000000] ${END_MARK.slice(0, -3)}`));
});

t.test('a guest that reports another build ends before anything is done to it', async (t) => {
  const kit = fakeKit({ buildId: 'cd34' });
  const result = await runSession(request, kit, never, async () => t.fail('it was used') as never);
  t.match(result, { end: { kind: 'wrong-kernel', message: /cd34, not ab12/ }, guestBuildId: 'cd34', bootMs: 1000 });
  t.equal(kit.guests.length, 1, 'another boot would run the same kernel');
  t.equal(kit.guests[0]?.running, false);
  const placed = fakeKit({ buildId: 'cd34' });
  await t.rejects(
    withDebuggedGuest({ kernel, guest }, placed, never, async () => t.fail('it was used')),
    { code: 'WRONG_KERNEL', fault: 'boot', reported: 'cd34' },
  );
  t.equal(placed.guests[0]?.running, false);
});

t.test('a splat does not explain a kernel that nobody asked for', async (t) => {
  const kit: FakeKit = fakeKit({
    buildId: 'cd34',
    answers: {
      'od ': async () => {
        for (const line of OOPS) kit.guests[0]?.print(line);
        return {};
      },
    },
  });
  t.match((await runSession(request, kit, never, completed)).end, { kind: 'wrong-kernel' });
});

t.test('a guest that hangs between its session and its program does not hang the harness', async (t) => {
  const proof = fakeKit({ answers: { 'od ': hangs } });
  t.match((await runSession(request, proof, never, completed)).end, {
    kind: 'guest-lost',
    message: /did not answer within 0.15 s: its build id/,
  });
  const spawn = fakeKit({ spawn: hangs });
  const starting: Use = async ({ guest }, signal) => {
    await answered(guest, 'start the workload', signal, (within) => guest.remote.spawn('stress', { signal: within }));
    return { kind: 'completed' };
  };
  t.match((await runSession(request, spawn, never, starting)).end, {
    kind: 'guest-lost',
    message: /start the workload/,
  });
  const debugged = fakeKit({ answers: { 'od ': hangs } });
  await t.rejects(
    withDebuggedGuest({ kernel, guest }, debugged, never, async () => undefined),
    { code: 'NO_ANSWER', fault: 'guest' },
  );
  for (const kit of [proof, spawn, debugged]) t.equal(kit.guests[0]?.running, false);
});

t.test('what ends a session: each of the ways', async (t) => {
  const threads = [{ name: 'racer', tid: 7, operation: 'swap-in', stalledMs: 2000 }];
  const ended = async (): Promise<GuestEnd> => ({ kind: 'program-failed', message: 'EBUSY' });
  t.same((await watched(fakeKit({}), { ended })).end, { kind: 'program-failed', message: 'EBUSY' });

  const stalled = fakeKit({});
  t.same((await watched(stalled, { stalledThreads: (ms) => threads.filter((each) => each.stalledMs >= ms) })).end, {
    kind: 'stalled',
    threads,
  });
  t.same(
    stalled.guests[0]?.commands.filter((command) => command.includes('sysrq')).map((command) => command.slice(5, 6)),
    ['l', 'w', 't'],
    'with backtraces',
  );

  const deaf = fakeKit({ answers: { 'echo 8': hangs } });
  t.match((await watched(deaf, { stalledThreads: () => threads })).end, { kind: 'stalled' }, 'it hangs without, too');

  const silent = fakeKit({});
  const since = performance.now();
  t.match((await watched(silent, { silentMs: () => performance.now() - since })).end, {
    kind: 'guest-lost',
    message: /no report .* for 0.4 s/,
  });
  t.equal(silent.guests[0]?.nmis, 1);

  t.match((await watched(fakeKit({}), {}, { hangMs: 1000, totalMs: 100 })).end, {
    kind: 'out-of-time',
    message: /within 0.1 s/,
  });
});

t.test('a machine that goes ends a session, and says why', async (t) => {
  const killed = fakeKit({});
  const byHost = await runSession(request, killed, never, (_, signal) => {
    killed.guests[0]?.end({ kind: 'killed', signal: 'SIGKILL' });
    return aborted(signal);
  });
  t.match(byHost.end, { kind: 'host-fault', message: /SIGKILL/ });
  const reset = fakeKit({});
  const byItself = await runSession(request, reset, never, (_, signal) => {
    reset.guests[0]?.end({ kind: 'reset' });
    return aborted(signal);
  });
  t.match(byItself.end, { kind: 'guest-lost', machine: { kind: 'reset' } });
});

t.test('a machine that went explains a lost session and a program that failed', async (t) => {
  for (const kind of ['guest-lost', 'program-failed'] as const) {
    const kit = fakeKit({});
    const { end } = await runSession(request, kit, never, async () => {
      setTimeout(() => kit.guests[0]?.end({ kind: 'killed', signal: 'SIGKILL' }), 20);
      return kind === 'guest-lost' ? { kind, message: 'session', machine: null } : { kind, message: 'pipe' };
    });
    t.match(end, { kind: 'host-fault', message: /SIGKILL/ }, kind);
  }
});

t.test('a splat ends a session when it is whole, and explains everything but the host', async (t) => {
  const kit = fakeKit({});
  const printing: Use = (_, signal) => {
    for (const line of OOPS) kit.guests[0]?.print(line);
    return aborted(signal);
  };
  t.same((await runSession(request, kit, never, printing)).end, { kind: 'splat' });
  const after = (end: GuestEnd) => {
    const later = fakeKit({});
    return runSession(request, later, never, async () => {
      for (const line of OOPS) later.guests[0]?.print(line);
      return end;
    });
  };
  t.same((await after({ kind: 'completed' })).end, { kind: 'splat' });
  t.same((await after({ kind: 'guest-lost', message: '', machine: null })).end, { kind: 'splat' });
  t.same((await after({ kind: 'host-fault', message: 'disk' })).end, { kind: 'host-fault', message: 'disk' });
});

t.test('what concerns one guest is an end; what concerns the run is thrown', async (t) => {
  const ending = async (error: Error) =>
    (await runSession(request, fakeKit({}), never, () => Promise.reject(error))).end;
  t.match(await ending(new GuestError('X', 'gone', { details: 'more' })), {
    kind: 'guest-lost',
    message: 'gone\nmore',
  });
  t.match(await ending(new HostError('QMP_FAILED', 'closed', { concerns: 'guest' })), { kind: 'host-fault' });
  await t.rejects(ending(new HostError('DISK_FULL', 'full')), { code: 'DISK_FULL' });
  await t.rejects(ending(new UsageError('X', 'wrong')), { code: 'X' });
  await t.rejects(ending(new TypeError('a mistake')), TypeError);
  const boot = async (fails: Error) => runSession(request, fakeKit({ fails }), never, completed);
  t.match(await boot(new BootError('BOOT_PANIC', 'panic', { details: 'the console' })), {
    end: { kind: 'boot-failed', message: 'panic\nthe console' },
    guestBuildId: null,
    argv: [],
    bootMs: null,
  });
  t.match(await boot(new HostError('QEMU_KILLED', 'OOM', { concerns: 'guest' })), { end: { kind: 'host-fault' } });
  await t.rejects(boot(new HostError('CONSOLE_NOT_KEPT', 'full')), { code: 'CONSOLE_NOT_KEPT' });
});

t.test('evidence that could not be kept is thrown, whatever ended the session', async (t) => {
  const kit = fakeKit({});
  const session = runSession(request, kit, never, async (_, signal) => {
    kit.guests[0]?.end({ kind: 'reset' });
    await aborted(signal).catch(() => undefined);
    throw new HostError('WORKLOAD_LOG_NOT_KEPT', 'disk full');
  });
  await t.rejects(session, { code: 'WORKLOAD_LOG_NOT_KEPT' });
});

t.test('an abort ends a session in any of its phases, at once, and leaves no machine', async (t) => {
  const interrupted = new InterruptedError('INTERRUPTED', 'Ctrl-C');
  const phases: Readonly<Record<string, Behaviour>> = {
    clock: { answers: { 'cat /proc/uptime': hangs } },
    proof: { answers: { 'od ': hangs } },
    use: {},
  };
  for (const [phase, behaviour] of Object.entries(phases)) {
    const over = new AbortController();
    const kit = { ...fakeKit(behaviour), times: { ...fakeKit().times, answerMs: 60_000 } };
    setTimeout(() => over.abort(interrupted), 50);
    await t.rejects(runSession(request, kit, over.signal, waits), interrupted, phase);
    t.same(
      kit.guests.map(({ running }) => running),
      [false],
      phase,
    );
  }
  const boots = fakeKit({});
  await t.rejects(runSession(request, boots, AbortSignal.abort(interrupted), waits), interrupted);
  t.equal(boots.guests.length, 0);
  const ignoring = fakeKit({});
  const over = new AbortController();
  setTimeout(() => over.abort(interrupted), 50);
  await t.rejects(runSession(request, ignoring, over.signal, hangs), interrupted, 'even what does not listen');
  t.equal(ignoring.guests[0]?.running, false);
});

t.test('a console log of an earlier guest is replaced', async (t) => {
  const consoleLog = join(t.testdir({ 'console.log': 'old' }), 'console.log');
  t.match(await runSession({ ...request, consoleLog }, fakeKit({}), never, completed), { end: { kind: 'completed' } });
});
