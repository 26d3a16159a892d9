// SPDX-License-Identifier: GPL-2.0-only
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { bootGuest } from '../../lab/boot.ts';
import { withDebuggedGuest } from '../../lab/debugged.ts';
import { BootError, HostError } from '../../model/errors.ts';
import type { Accelerator, GuestSpec } from '../../model/guest.ts';
import { BOOTED, fakeKit, hangs, kernel, type Behaviour, type FakeKit } from './fake-guest.ts';

const guest: GuestSpec = { vcpus: 2, memoryMiB: 128, cmdline: [], backend: { kind: 'zram', sizeKiB: 1024 } };
const never = new AbortController().signal;
const BROKEN = '[    1.000000] Clockevents: could not switch to one-shot mode\n';
const SILENT = new BootError('BOOT_SILENT', 'nothing was printed', { again: true });
const PANIC = new BootError('BOOT_PANIC', 'panic');
const SPOILT: readonly Behaviour[] = [{ console: BROKEN }, { uptimeSeconds: 3600 }, { console: BROKEN, fails: PANIC }];

const start = (kit: FakeKit, accelerator: Accelerator = 'tcg') => bootGuest({ kernel, guest, accelerator }, kit, never);

/** Both ways to a guest. */
const WAYS: Readonly<Record<string, (kit: FakeKit) => Promise<unknown>>> = {
  plain: start,
  debugged: (kit) => withDebuggedGuest({ kernel, guest }, kit, never, async () => 'used'),
};

for (const [name, way] of Object.entries(WAYS)) {
  t.test(`${name}: an emulated guest whose clock or timers do not work is booted again`, async (t) => {
    const kit = fakeKit(...SPOILT, {});
    await way(kit);
    t.equal(kit.guests.length, 4);
    t.same(
      kit.guests.slice(0, 3).map(({ running }) => running),
      [false, false, false],
      'the spoilt ones are ended',
    );
  });

  t.test(`${name}: no working clock in eight boots is the host's fault, and concerns this guest only`, async (t) => {
    const kit = fakeKit({ console: BROKEN });
    await t.rejects(way(kit), { code: 'EMULATED_TIME', fault: 'host', concerns: 'guest' });
    t.equal(kit.guests.length, 8);
    t.notOk(kit.guests.some(({ running }) => running));
  });

  t.test(`${name}: a guest that falls silent is booted again, but not for ever: it can be the kernel's`, async (t) => {
    const twice = fakeKit({ fails: SILENT }, { fails: SILENT }, {});
    await way(twice);
    t.equal(twice.guests.length, 3);
    const always = fakeKit({ fails: SILENT });
    await t.rejects(way(always), { code: 'BOOT_SILENT', fault: 'boot' });
    t.equal(always.guests.length, 3);
  });

  t.test(`${name}: a kernel that panics is not booted again`, async (t) => {
    const kit = fakeKit({ fails: PANIC });
    await t.rejects(way(kit), { code: 'BOOT_PANIC' });
    t.equal(kit.guests.length, 1);
  });
}

t.test('under KVM clocks are the host kernel’s: nothing is booted again', async (t) => {
  const odd = fakeKit({ uptimeSeconds: 3600 });
  await using _guest = await start(odd, 'kvm');
  t.equal(odd.guests.length, 1);
  const silent = fakeKit({ fails: SILENT });
  await t.rejects(start(silent, 'kvm'), { code: 'BOOT_SILENT' });
  t.equal(silent.guests.length, 1);
});

t.test('a host fault is not tried again', async (t) => {
  const kit = fakeKit({ fails: new HostError('QEMU_FAILED', 'no memory', { concerns: 'guest' }) });
  await t.rejects(start(kit), { code: 'QEMU_FAILED' });
  t.equal(kit.guests.length, 1);
});

t.test('a guest that does not report its uptime is not waited for', async (t) => {
  const kit = fakeKit({ answers: { 'cat /proc/uptime': hangs } });
  await using _guest = await start(kit);
  t.equal(kit.guests.length, 1, 'what it hangs in is found out by the proof of its kernel');
});

t.test('the console of the last boot is kept where it is asked for, of none else', async (t) => {
  const consoleLog = join(t.testdir({ 'console.log': 'of an earlier guest' }), 'console.log');
  const kit = fakeKit({ console: BROKEN }, {});
  const booted = await bootGuest({ kernel, guest, accelerator: 'tcg', consoleLog }, kit, never);
  t.equal(await readFile(consoleLog, 'utf8'), BOOTED);
  await booted[Symbol.asyncDispose]();
  await t.rejects(access(booted.privateDir), 'its private folder goes with it');
  t.equal(kit.guests[1]?.running, false);
});
