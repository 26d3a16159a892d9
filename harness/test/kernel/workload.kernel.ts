// SPDX-License-Identifier: GPL-2.0-only
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { SwapBackend } from '../../model/guest.ts';
import { hasEndMark } from '../../model/end-mark.ts';
import { connectSsh } from '../../machine/ssh.ts';
import { judgeTrial } from '../../probe/stress/judge-trial.ts';
import { stressOf } from '../../probe/stress/of-plan.ts';
import type { StressSpec } from '../../probe/stress/spec.ts';
import type { Exposure } from '../../model/trial.ts';
import type { Evidence } from '../../probe/stress/trial.ts';
import { SWAPOFF } from '../race/shipped.ts';
import {
  alongside,
  booted,
  kernelOf,
  labFor,
  labOfChanged,
  never,
  qemuOf,
  replaceIn,
  shippedPlan,
  trialIn,
} from './lab.ts';

const plan = await shippedPlan('default');
const probe = stressOf(plan, undefined);
const stock = await kernelOf(plan, 'stock');
/** Sound for tmpfs as well; 6.1 as released can hang there in its read-ahead (docs/series.md). */
const fixed = await kernelOf(plan, 'v5b+sites+ra');
const lab = await labFor(stock);

/** A probe of one trial, and how long it races. */
interface Trial extends StressSpec {
  readonly seconds: number;
}

function evidenceOf(
  { seconds, ...asked }: Trial,
  dir: string,
  kernel = stock,
  usedLab = lab,
  signal = never,
): Promise<Evidence> {
  return trialIn(dir, asked, seconds, kernel, usedLab, signal);
}

function trial(change: Partial<Trial>): Trial {
  return { ...probe, seconds: 4, ...change };
}

for (const workload of Object.keys(SWAPOFF.workloads)) {
  t.test(`workload ${workload}: does what it says, and a sound kernel keeps every byte`, async (t) => {
    await booted(t.name);
    const evidence = await evidenceOf(trial({ workload }), t.testdir(), fixed);
    t.match(evidence.end, { kind: 'completed' }, JSON.stringify(evidence.end));
    const exposure = evidence.exposure;
    t.comment(JSON.stringify(exposure));
    const { contenders, overlapped, exposed, vmstat } = exposure as Exposure;
    t.ok(exposed > 0, `${exposed} exposed of ${overlapped} overlapped of ${contenders} swapoffs`);
    t.ok(exposed <= overlapped && overlapped <= contenders);
    t.ok((vmstat['pswpin'] ?? 0) > 0 && (vmstat['pswpout'] ?? 0) > 0, `pages: ${JSON.stringify(vmstat)}`);
    t.equal(exposure?.corruptPages, 0, `corruptions: ${JSON.stringify(exposure?.corruptions)}`);
    t.match(judgeTrial(evidence, probe.race), { kind: 'ok' });
  });
}

const BACKENDS: readonly SwapBackend[] = [
  { kind: 'virtio-blk', rotational: false, sizeKiB: 1024 },
  { kind: 'file', filesystem: 'ext4', sizeKiB: 1024 },
  { kind: 'zram', sizeKiB: 1024 },
];

for (const backend of BACKENDS) {
  const name = backend.kind === 'virtio-blk' ? 'virtio-blk as a solid-state device' : backend.kind;
  t.test(`backend ${name}: pages go out and come back`, async (t) => {
    await booted(t.name);
    const evidence = await evidenceOf(trial({ backend }), t.testdir());
    t.match(evidence.end, { kind: 'completed' }, JSON.stringify(evidence.end));
    t.ok((evidence.exposure?.vmstat['pswpin'] ?? 0) > 0);
    t.ok((evidence.exposure?.exposed ?? 0) > 0);
    t.equal(evidence.exposure?.corruptPages, 0, `corruptions: ${JSON.stringify(evidence.exposure?.corruptions)}`);
  });
}

t.test('QEMU killed in the middle of a trial is the host’s fault and no verdict', async (t) => {
  await booted(t.name);
  const spec = trial({ seconds: 30, cmdline: ['swaprace.mark=killed-mid-trial'] });
  const dir = t.testdir();
  await using running = alongside((signal) => evidenceOf(spec, dir, stock, lab, signal));
  await running.until(async () =>
    (await readFile(join(dir, 'workload.jsonl'), 'utf8').catch(() => '')).includes('"beat"') ? true : null,
  );
  process.kill((await qemuOf('swaprace.mark=killed-mid-trial')) as number, 'SIGKILL');
  const evidence = await running.result;
  t.match(evidence.end, { kind: 'host-fault', message: /SIGKILL/ });
  t.match(judgeTrial(evidence, probe.race), { kind: 'inconclusive', cause: 'host-fault' });
});

t.test('a host that stops QEMU for 25 s makes no hang of a sound kernel', async (t) => {
  await booted(t.name);
  const dir = t.testdir();
  const spec = trial({ seconds: 60, hangSeconds: 20, cmdline: ['swaprace.mark=host-stall'] });
  await using running = alongside((signal) => evidenceOf(spec, dir, stock, lab, signal));
  await running.until(async () =>
    (await readFile(join(dir, 'workload.jsonl'), 'utf8').catch(() => '')).includes('"beat"') ? true : null,
  );
  const pid = (await qemuOf('swaprace.mark=host-stall')) as number;
  process.kill(pid, 'SIGSTOP');
  const go = setTimeout(() => process.kill(pid, 'SIGCONT'), 25_000);
  const evidence = await running.result;
  clearTimeout(go);
  t.match(evidence.end, { kind: 'host-fault', message: /the host stalled: QEMU was stopped for \d s/ });
  t.match(judgeTrial(evidence, probe.race), { kind: 'inconclusive', cause: 'host-fault' });
  t.same(await qemuOf('swaprace.mark=host-stall'), null);
});

t.test('a console of a trial that completed ends with the guest’s mark', async (t) => {
  await booted(t.name);
  const dir = t.testdir();
  t.same((await evidenceOf(trial({}), dir)).end, { kind: 'completed' });
  t.ok(hasEndMark(await readFile(join(dir, 'console.log'), 'utf8')));
});

t.test('a thread without progress while the guest answers is a hang, with backtraces of every task', async (t) => {
  await booted(t.name);
  const dir = t.testdir();
  const spec = trial({ seconds: 60, hangSeconds: 3, cmdline: ['swaprace.mark=stopped'] });
  await using running = alongside((signal) => evidenceOf(spec, dir, stock, lab, signal));
  // The guest's second SSH port is free while the trial holds the first. QEMU makes it some time after it has started.
  const session = await running.until(async () => {
    const argv = await readFile(`/proc/${await qemuOf('swaprace.mark=stopped')}/cmdline`, 'utf8').catch(() => '');
    const socketPath = /path=([^,]*ssh\.1),/.exec(argv)?.[1];
    return socketPath === undefined
      ? null
      : connectSsh({ socketPath, ...lab.identity.key, readyTimeoutMs: 60_000 }).catch(() => null);
  });
  // The newest process of the workload is the one that races; the oldest is its monitor.
  const stop = 'until set -- $(pidof swapoff-stress); [ $# -gt 1 ]; do sleep 1; done; sleep 1; kill -STOP $1';
  t.equal((await session.exec(stop, { signal: never })).code, 0);
  session.close();
  const evidence = await running.result;
  t.match(evidence.end, { kind: 'stalled' }, JSON.stringify(evidence.end));
  t.match(judgeTrial(evidence, probe.race), { kind: 'hang' });
  const console = await readFile(join(dir, 'console.log'), 'utf8');
  t.match(console, /sysrq: Show State/);
  t.match(console, /task:swapper\/1|task:init /);
  t.match(console, /task:(stress|racer|swapoff)/);
  t.same(evidence.splats, [], 'backtraces that were asked for are no splats');
});

t.test('threads that do not join are a hang, with backtraces of every task', async (t) => {
  await booted(t.name);
  const dir = t.testdir({ logs: {} });
  const deaf = await labOfChanged(stock, dir, (guests) =>
    replaceIn(join(guests, 'races/swapoff/stress/cycle.c'), 'atomic_store(&shared->quit, true);', ''),
  );
  const logs = join(dir, 'logs');
  const evidence = await evidenceOf(trial({ hangSeconds: 2 }), logs, stock, deaf);
  t.match(evidence.end, { kind: 'stalled' }, JSON.stringify(evidence.end));
  t.match(judgeTrial(evidence, probe.race), { kind: 'hang' });
  t.match(await readFile(join(logs, 'console.log'), 'utf8'), /sysrq: Show State/);
});

t.test('an image without the workload is inconclusive, and says what is missing', async (t) => {
  await booted(t.name);
  const dir = t.testdir({ logs: {} });
  const without = await labOfChanged(stock, dir, (guests) =>
    rm(join(guests, 'races/swapoff/stress'), { recursive: true }),
  );
  const evidence = await evidenceOf(trial({}), join(dir, 'logs'), stock, without);
  t.match(evidence.end, { kind: 'program-failed', message: /stress.*not found/ });
  t.match(judgeTrial(evidence, probe.race), { kind: 'inconclusive' });
});

t.test('a kernel that is not the one that was built is no evidence about it', async (t) => {
  await booted(t.name);
  // One variant's image under another's build id.
  const evidence = await evidenceOf(trial({}), t.testdir(), { ...stock, bzImage: fixed.bzImage });
  t.equal(evidence.guestBuildId, fixed.buildId);
  t.match(evidence.end, { kind: 'wrong-kernel', message: /not the one that was built/ });
  t.match(judgeTrial(evidence, probe.race), { kind: 'inconclusive', cause: 'wrong-kernel' });
});
