// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { bugBesideHang, judgeTrial } from '../../../probe/stress/judge-trial.ts';
import type { Evidence } from '../../../probe/stress/trial.ts';
import { hostFault, hung, makeEvidence, makeExposure, makeOther, makeSplat, race } from './fixtures/make.ts';

const CORRUPTION = race.words.corruption;

const judge = (over: Partial<Evidence> = {}) => judgeTrial(makeEvidence(over), race);
const hit = makeSplat();
const oops = makeSplat(['ext4_readdir']);
const warning = makeOther('warning', 'WARNING in swapon');
const hungTask = makeOther('hung-task', 'INFO: task hung in swap_cluster_readahead');
const unreadable = makeSplat(['xas_start'], { damaged: ['truncated'] });
const stalled = { kind: 'stalled', threads: [] } as const;
const corrupt = makeExposure(1000, { corruptPages: 2 });

t.test('a full trial without a finding is ok', async (test) => {
  test.same(judge(), { kind: 'ok' });
  test.same(judge({ exposure: makeExposure(1000, { vmstat: {} }) }), { kind: 'ok' }, 'nothing has to advance');
});

t.test('absence is never success', async (test) => {
  const inconclusive = (over: Partial<Evidence>, cause: string, reason: RegExp) =>
    test.match(judge(over), { kind: 'inconclusive', cause, reason });
  inconclusive({ exposure: null }, 'no-end-marker', /without its counters/);
  inconclusive({ ended: false }, 'no-end-marker', /without its end marker/);
  inconclusive(
    { exposure: makeExposure(0) },
    'no-exposure',
    /none of 10 runs of swapoff\(\) returned while a swap-in was in flight/,
  );
  const still = (vmstat: Record<string, number>): Partial<Evidence> => ({ exposure: makeExposure(400, { vmstat }) });
  inconclusive(still({ pswpin: 0, pswpout: 90 }), 'no-exposure', /nothing was raced: pswpin did not advance/);
  inconclusive(still({ pswpin: 0, pswpout: 0 }), 'no-exposure', /pswpin, pswpout did not advance/);
  inconclusive({ console: { bytes: 9000, truncated: true } }, 'truncated', /console is truncated/);
  inconclusive({ console: { bytes: 0, truncated: true } }, 'truncated', /console is empty/);
  inconclusive({ guestBuildId: null }, 'wrong-kernel', /never reported/);
  inconclusive({ guestBuildId: 'ffff' }, 'wrong-kernel', /ran build ffff, not a1b2c3d4/);
  inconclusive({ end: { kind: 'splat' } }, 'damaged-splat', /does not hold/);
  inconclusive(
    { end: { kind: 'program-failed', message: 'swapon: EBUSY' } },
    'workload-failed',
    /workload failed: swapon: EBUSY/,
  );
  inconclusive({ end: { kind: 'boot-failed', message: 'silent' } }, 'boot-failed', /boot failed: silent/);
  inconclusive({ end: { kind: 'guest-lost', message: 'gone', machine: null } }, 'guest-lost', /guest lost: gone/);
  inconclusive({ end: { kind: 'out-of-time', message: 'late' } }, 'out-of-time', /out of time: late/);
});

t.test('the target is recognised by its signature, whatever came before or after it', async (test) => {
  const verdict = { kind: 'target', title: hit.title };
  test.same(judge({ splats: [hit], end: { kind: 'splat' } }), verdict);
  test.same(judge({ splats: [warning, hit] }), verdict);
  test.same(judge({ splats: [oops, hungTask, hit], exposure: corrupt, end: stalled }), verdict);
  test.same(judge({ splats: [hit], end: { kind: 'guest-lost', message: 'gone', machine: null } }), verdict);
  test.same(
    judge({ splats: [hit], exposure: null, guestBuildId: null, ended: false }),
    verdict,
    'it needs no counters',
  );
});

t.test('of several alike the first is named', async (test) => {
  const later = makeSplat(['do_swap_page']);
  const laterHang = makeOther('soft-lockup', 'BUG: soft lockup in swapoff');
  test.same(judge({ splats: [hit, later] }), { kind: 'target', title: hit.title });
  test.same(judge({ splats: [hungTask, laterHang] }), { kind: 'hang', where: hungTask.title });
  const both = makeEvidence({ splats: [warning, makeOther('lockdep', 'possible deadlock')], end: stalled });
  test.equal(bugBesideHang(both, race), warning.title);
});

t.test('a fault of the host says nothing about the kernel', async (test) => {
  test.match(judgeTrial(hostFault(), race), { cause: 'host-fault', reason: /disk full/ });
  test.match(judgeTrial(hostFault({ splats: [oops, hungTask] }), race), { cause: 'host-fault' });
});

t.test('the bug is the kernel’s own, whatever became of the host or the boot', async (test) => {
  test.same(judgeTrial(hostFault({ splats: [hit] }), race), { kind: 'target', title: hit.title });
  const failed = { kind: 'boot-failed', message: 'silent' } as const;
  test.match(judge({ splats: [hit], end: failed }), { kind: 'target' });
  test.match(judge({ splats: [oops], end: failed }), { cause: 'boot-failed' });
  const lockup = makeSplat(['do_swap_page'], { type: 'soft-lockup' });
  const lockups = { ...race, target: { ...race.target, types: ['soft-lockup'] } } as const;
  test.match(
    judgeTrial(hostFault({ splats: [lockup] }), lockups),
    { cause: 'host-fault' },
    'a host that stalls locks up',
  );
});

t.test('a worker that the kernel had no page for is a bug, one that somebody ended is not', async (test) => {
  const end = { kind: 'program-failed', message: 'the worker was killed' } as const;
  for (const [killedBy, name] of [
    [7, 'SIGBUS'],
    [11, 'SIGSEGV'],
  ] as const)
    test.same(judge({ end, killedBy }), { kind: 'other-bug', title: `a worker was killed by ${name}` });
  test.match(judge({ end, killedBy: 9 }), { kind: 'inconclusive', cause: 'workload-failed' });
  test.match(judge({ end, killedBy: 7, splats: [hit] }), { kind: 'target' }, 'the splat says more');
});

t.test('a splat of another build says nothing about this kernel', async (test) => {
  test.match(judge({ splats: [hit], guestBuildId: 'ffff' }), { cause: 'wrong-kernel' });
});

t.test('another splat is another bug, by its title', async (test) => {
  test.same(judge({ splats: [oops], end: { kind: 'splat' } }), { kind: 'other-bug', title: oops.title });
  test.same(judge({ splats: [warning] }), { kind: 'other-bug', title: warning.title }, 'also in a trial that went on');
  test.same(judge({ splats: [warning, oops] }), { kind: 'other-bug', title: oops.title }, 'the one that killed');
});

t.test('corrupted pages are a bug of their own', async (test) => {
  test.same(judge({ exposure: corrupt }), { kind: 'other-bug', title: CORRUPTION });
  test.same(
    judge({ exposure: makeExposure(1000, { corruptPages: 1 }) }),
    { kind: 'other-bug', title: CORRUPTION },
    'one is enough',
  );
  test.same(judge({ exposure: corrupt, end: stalled }), { kind: 'other-bug', title: CORRUPTION }, 'graver than a hang');
  test.same(judge({ exposure: corrupt, splats: [unreadable] }), { kind: 'other-bug', title: CORRUPTION });
  test.same(
    judge({ exposure: corrupt, splats: [oops] }),
    { kind: 'other-bug', title: oops.title },
    'a splat names it better',
  );
});

t.test('a hang is seen in the heartbeat', async (test) => {
  test.same(judgeTrial(hung(), race), { kind: 'hang', where: 'no progress in swap-in' });
  const beat = { name: 'x', tid: 1, operation: 'swapoff', stalledMs: 31_000 };
  const threads = [{ ...beat, operation: 'swap-in', stalledMs: 5 }, beat, { ...beat, name: 'y' }];
  test.same(judge({ end: { kind: 'stalled', threads } }), { kind: 'hang', where: 'no progress in swapoff, swap-in' });
  test.same(judge({ end: stalled }), { kind: 'hang', where: 'no progress in a workload thread' });
});

t.test("a hang is reported by the kernel's detectors", async (test) => {
  const hang = { kind: 'hang', where: hungTask.title };
  test.same(judge({ splats: [hungTask] }), hang);
  test.same(judge({ splats: [hungTask], end: stalled }), hang);
  test.same(judge({ splats: [hungTask, oops] }), hang, 'what follows a hang is its consequence');
  test.same(judge({ splats: [hungTask, unreadable] }), hang);
});

t.test('a hang after a bug that kills is that bug', async (test) => {
  test.same(judge({ splats: [oops, hungTask] }), { kind: 'other-bug', title: oops.title });
  test.same(judge({ splats: [oops], end: stalled }), { kind: 'other-bug', title: oops.title });
  test.match(judge({ splats: [unreadable], end: stalled }), { cause: 'damaged-splat', reason: /xas_start/ });
  test.match(judge({ splats: [unreadable, oops] }), { cause: 'damaged-splat' }, 'the first one killed');
  test.same(judge({ splats: [oops, unreadable] }), { kind: 'other-bug', title: oops.title });
});

t.test('a hang after a bug that its task survived is a hang, and the bug is not forgotten', async (test) => {
  const both = makeEvidence({ splats: [warning], end: stalled });
  test.match(judgeTrial(both, race), { kind: 'hang' });
  test.equal(bugBesideHang(both, race), warning.title);
  test.equal(bugBesideHang(makeEvidence({ splats: [hungTask, warning] }), race), null);
  test.equal(bugBesideHang(makeEvidence({ end: stalled }), race), null);
});

t.test('a panic in a trial that stalled came with the backtraces', async (test) => {
  const panic = makeOther('panic', 'Kernel panic - not syncing: NMI: Not continuing');
  const reboot = makeOther('reboot', 'unexpected kernel reboot');
  test.match(judge({ splats: [panic, reboot], end: stalled }), {
    kind: 'hang',
    where: 'no progress in a workload thread',
  });
  test.match(judge({ splats: [panic] }), { kind: 'other-bug', title: panic.title });
});

t.test('what is the bug is the race’s to say', async (test) => {
  const other = { ...race, oracle: ['contents', 'progress'] as const };
  const title = race.words.corruption;
  test.same(judgeTrial(makeEvidence({ exposure: corrupt }), other), { kind: 'target', title });
  test.same(judgeTrial(makeEvidence({ splats: [hit] }), other), { kind: 'other-bug', title: hit.title });
  test.same(judgeTrial(hung(), other), { kind: 'target', title: 'no progress in swap-in' });
  test.same(judgeTrial(makeEvidence({ splats: [hungTask] }), other), { kind: 'target', title: hungTask.title });
});
