// SPDX-License-Identifier: GPL-2.0-only
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { hostStalled, pulseOf, type HostPulse } from '../../lab/host-pulse.ts';
import { runSession } from '../../lab/session.ts';
import type { LabGuest } from '../../lab/guest.ts';
import { aborted } from '../../host/deadline.ts';
import { fakeKit, kernel } from './fake-guest.ts';

const STALL_MS = 5_000;
const never = new AbortController().signal;

/** What passes between two looks, milliseconds. */
interface Look {
  readonly ms: number;
  /** CPU time that this process, and QEMU, had of them. */
  readonly own: number;
  readonly qemu: number;
  readonly stopped?: boolean;
  /** What QEMU's monitor answers when it is asked. */
  readonly status?: string | null;
}

const busy: Look = { ms: 250, own: 10, qemu: 200 };
const idle: Look = { ms: 250, own: 10, qemu: 0 };
const times = (count: number, look: Look): Look[] => Array.from({ length: count }, () => look);

/** What is made of a host on which time passes so; null when it passes without a stall. */
async function madeOf(looks: readonly Look[]) {
  const over = new AbortController();
  const host = { nowMs: 0, own: 0, qemu: 0 };
  const left = [...looks];
  let look = busy;
  const pulse: HostPulse = {
    wait: async () => {
      look = left.shift() ?? busy;
      host.nowMs += look.ms;
      host.own += look.own;
      host.qemu += look.qemu;
      if (left.length === 0) over.abort();
    },
    nowMs: () => host.nowMs,
    ownCpuMs: () => host.own,
    qemu: async () => (over.signal.aborted ? null : { cpuMs: host.qemu, stopped: look.stopped ?? false }),
    status: async () => look.status ?? null,
  };
  return hostStalled(pulse, STALL_MS, over.signal).catch(() => null);
}

t.test('a host that gives both their time', async (t) => {
  t.equal(await madeOf(times(200, busy)), null);
});

t.test('a process that did not run: stopped, or frozen with QEMU', async (t) => {
  const gap = { ms: 25_000, own: 3, qemu: 0 };
  t.same(await madeOf([...times(5, busy), gap, ...times(9, busy)]), {
    kind: 'host-fault',
    message: 'the host stalled: this process did not run for 25 s',
  });
  t.equal(
    await madeOf([...times(5, busy), { ...gap, ms: 4_000 }, ...times(9, busy)]),
    null,
    'shorter than detectors wait',
  );
});

t.test('a process that had much to do is no stall of the host', async (t) => {
  t.equal(await madeOf([...times(5, busy), { ms: 25_000, own: 24_000, qemu: 20_000 }, ...times(9, busy)]), null);
});

t.test('QEMU that was stopped, or that neither runs nor answers', async (t) => {
  t.match(await madeOf([...times(5, busy), ...times(40, { ...idle, stopped: true })]), {
    kind: 'host-fault',
    message: /QEMU was stopped for 5 s/,
  });
  t.match(await madeOf([...times(5, busy), ...times(40, { ...idle, status: null })]), {
    kind: 'host-fault',
    message: /QEMU did not run for 5 s/,
  });
  t.match(await madeOf([...times(5, busy), ...times(40, { ...idle, status: 'io-error' })]), {
    kind: 'host-fault',
    message: 'QEMU has stopped the guest: io-error',
  });
});

t.test('a guest with nothing to run is the kernel’s affair, however long', async (t) => {
  t.equal(await madeOf([...times(5, busy), ...times(400, { ...idle, status: 'running' })]), null);
});

t.test('a process that is really stopped is seen to be', async (t) => {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  const guest = { pid: child.pid, status: () => new Promise(() => undefined) } as unknown as LabGuest;
  const over = new AbortController();
  const running = hostStalled(pulseOf(guest), 1_000, over.signal);
  t.equal(await Promise.race([running, sleep(2_500, null)]), null, 'while it runs nothing is said');
  child.kill('SIGSTOP');
  t.match(await running, { kind: 'host-fault', message: /QEMU was stopped for \d s/ });
  over.abort();
});

t.test('a session on a host that stalls ends so, whatever the guest looks like', async (t) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 10)'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  const plain = fakeKit({ pid: child.pid ?? 0 });
  const kit = { ...plain, times: { ...plain.times, hostStallMs: 500 } };
  const backend = { kind: 'zram', sizeKiB: 1024 } as const;
  const request = { kernel, guest: { vcpus: 1, memoryMiB: 1, cmdline: [], backend }, accelerator: 'tcg' } as const;
  const { end } = await runSession(request, kit, never, async (_, signal) => {
    child.kill('SIGSTOP');
    return aborted(signal);
  });
  t.match(end, { kind: 'host-fault', message: /QEMU was stopped/ });
});
