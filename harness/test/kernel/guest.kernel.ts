// SPDX-License-Identifier: GPL-2.0-only
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import tar from 'tar-stream';
import t from 'tap';
import { plainSshCommand } from '../../lab/interactive.ts';
import { bootGuest } from '../../lab/boot.ts';
import type { GuestRequest } from '../../lab/guest.ts';
import { readGuestBuildId } from '../../machine/build-id.ts';
import { machineOf } from '../../probe/keys.ts';
import { stressOf } from '../../probe/stress/of-plan.ts';
import { newIdentity } from '../../rootfs/keys.ts';
import { alongside, booted, kernelOf, labFor, labOfChanged, never, qemuOf, qemusOf, shippedPlan } from './lab.ts';

const plan = await shippedPlan('default');
const kernel = await kernelOf(plan, 'stock');
const lab = await labFor(kernel);
const spec = machineOf(stressOf(plan, undefined));
const start = (change: Partial<GuestRequest> = {}, signal = never, within = lab) =>
  bootGuest({ kernel, guest: spec, accelerator: 'tcg', ...change }, within, signal);
const short = { firstByteMs: 20_000, silenceMs: 6_000, sessionMs: 12_000 };

t.test('a guest answers over SSH: output, exit status, signals, files both ways; and it leaves nothing', async (t) => {
  await booted(t.name);
  const guest = await start();
  const { remote, privateDir } = guest;
  t.equal((await qemusOf(privateDir)).length, 1);

  t.match(await remote.exec('echo out; echo err >&2; exit 7', { signal: never }), {
    code: 7,
    signal: null,
    lost: false,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  t.equal((await remote.exec('cat', { signal: never, stdin: 'through' })).stdout, 'through');
  t.equal(await readGuestBuildId(remote, never), kernel.buildId, 'the guest is the kernel that was built');
  t.equal(
    (await remote.exec('ls /sys/class/net', { signal: never })).stdout.trim().replace(/^lo$/, ''),
    '',
    'no way out to any network',
  );

  const running = await remote.spawn('echo ready; exec sleep 100', { signal: never });
  await new Promise((resolve) => running.stdout.once('data', resolve));
  running.kill('TERM');
  t.match(await running.exit, { code: null, signal: 'TERM', lost: false });

  const pack = tar.pack();
  pack.entry({ name: 'deep/file' }, 'content');
  pack.finalize();
  await remote.upload(pack.pipe(new PassThrough()), '/tmp/up', { signal: never });
  const down = t.testdir();
  await remote.download('/tmp/up', down, { limitBytes: 1000, signal: never });
  t.equal(await readFile(join(down, 'deep/file'), 'utf8'), 'content');
  await remote.exec('head -c 5000 /dev/zero > /tmp/up/large', { signal: never });
  await t.rejects(remote.download('/tmp/up', t.testdir(), { limitBytes: 1000, signal: never }), {
    code: 'TAR_TOO_LARGE',
  });
  await remote.exec('rm /tmp/up/large; ln -s /etc/passwd /tmp/up/link', { signal: never });
  await t.rejects(remote.download('/tmp/up', t.testdir(), { limitBytes: 1000, signal: never }), {
    code: 'TAR_REFUSED',
  });

  const lost = await remote.spawn('exec sleep 100', { signal: never });
  await guest[Symbol.asyncDispose]();
  t.match(await lost.exit, { lost: true }, 'a lost connection is no exit');
  t.match(await guest.ended, { kind: 'ended-by-harness' });
  t.same(await qemusOf(privateDir), []);
  await t.rejects(readFile(join(privateDir, 'initramfs.cpio')), { code: 'ENOENT' }, 'keys go with the guest');
});

t.test('ways to end are distinguished', async (t) => {
  await booted(t.name);
  await using off = await start();
  void off.remote.exec('poweroff -f', { signal: never }).catch(() => undefined);
  t.match(await off.ended, { kind: 'powered-off' });
  await using reset = await start();
  void reset.remote.exec('echo b > /proc/sysrq-trigger', { signal: never }).catch(() => undefined);
  t.match(await reset.ended, { kind: 'reset' });
  await using killed = await start();
  process.kill(killed.pid, 'SIGKILL');
  t.match(await killed.ended, { kind: 'killed', signal: 'SIGKILL' });
});

t.test('a guest without an init panics at boot, and that is said', async (t) => {
  await booted(t.name);
  const broken = await labOfChanged(kernel, t.testdir(), (guests) => writeFile(join(guests, 'init'), 'not a program'));
  await t.rejects(start({}, never, broken), {
    code: 'BOOT_PANIC',
    fault: 'boot',
    message: /Kernel panic - not syncing/,
  });
});

t.test('a guest that never serves SSH is distinguished from a slow one', async (t) => {
  await booted(t.name);
  const idle = '#!/bin/busybox sh\nwhile :; do /bin/busybox sleep 1; done\n';
  const broken = await labOfChanged(kernel, t.testdir(), (guests) =>
    writeFile(join(guests, 'init'), idle, { mode: 0o755 }),
  );
  await t.rejects(bootGuest({ kernel, guest: spec, accelerator: 'tcg' }, broken, never, short), {
    code: /BOOT_SILENT|SSH_NOT_READY/,
    fault: 'boot',
  });
});

t.test('a guest with another host key is refused', async (t) => {
  await booted(t.name);
  const { overlay } = newIdentity();
  const mixed = { ...lab, identity: { ...lab.identity, overlay } };
  await t.rejects(start({}, never, mixed), { code: 'SSH_NOT_READY', fault: 'boot' });
});

t.test('QEMU killed during the boot is the host’s fault, and nothing waits for it any more', async (t) => {
  await booted(t.name);
  const timers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
  const before = timers();
  const mark = 'swaprace.mark=killed-at-boot';
  await using booting = alongside((signal) => start({ guest: { ...spec, cmdline: [mark] } }, signal));
  process.kill(await booting.until(() => qemuOf(mark)), 'SIGKILL');
  await t.rejects(booting.result, { code: 'QEMU_KILLED', fault: 'host' });
  t.ok(timers() <= before, 'nothing that polls');
});

t.test('an abort during the boot leaves no QEMU', async (t) => {
  await booted(t.name);
  const mark = 'swaprace.mark=aborted';
  await using booting = alongside((signal) => start({ guest: { ...spec, cmdline: [mark] } }, signal));
  await booting.until(() => qemuOf(mark));
  booting.abort();
  await t.rejects(booting.result, { code: 'INTERRUPTED' });
  t.same(await qemusOf(mark), []);
});

t.test('a boot whose console log goes is refused, and leaves no QEMU', async (t) => {
  await booted(t.name);
  const mark = 'swaprace.mark=log-gone';
  const consoleLog = join(t.testdir({}), 'console.log');
  await using booting = alongside((signal) => start({ guest: { ...spec, cmdline: [mark] }, consoleLog }, signal));
  await booting.until(() =>
    access(consoleLog).then(
      () => true,
      () => null,
    ),
  );
  await rm(consoleLog);
  await t.rejects(booting.result, { code: 'CONSOLE_NOT_KEPT', fault: 'host' });
  t.same(await qemusOf(mark), []);
});

t.test('a connection that begins before the guest saw the end of the one before is its own', async (t) => {
  await booted(t.name);
  await using guest = await start();
  const { remote, privateDir } = guest;
  const config = /-F (\S+)/.exec(await plainSshCommand(guest, lab.identity, privateDir))?.[1] as string;
  const ssh = (command: string, timeout: number) =>
    execa('ssh', ['-F', config, '-o', 'BatchMode=yes', 'guest', command], { reject: false, timeout });
  const signal = async (name: string): Promise<void> => {
    t.equal(
      (
        await remote.exec(
          `for pid in $(pidof sshport); do grep -q ssh.1 /proc/$pid/cmdline && kill -${name} $pid; done; true`,
          { signal: never },
        )
      ).code,
      0,
    );
  };
  const chrt = tar.pack();
  chrt.entry({ name: 'chrt', mode: 0o755 }, await readFile((await execa('which', ['chrt'])).stdout));
  chrt.finalize();
  await remote.upload(chrt.pipe(new PassThrough()), '/tmp', { signal: never });
  /** The guest's program at the port; stopped, it is one that is too busy to look. */
  const held = { begin: () => signal('STOP'), end: () => signal('CONT') };
  /** Kernel workers, which report the port's state, have no CPU while the port's program has. */
  const starved = {
    begin: async () => {
      const hog =
        "/tmp/chrt -f 60 busybox timeout 3 /tmp/chrt -f 40 busybox sh -c 'while :; do :; done' >/dev/null 2>&1 </dev/null &";
      const prefer =
        'for pid in $(pidof sshport); do grep -q ssh.1 /proc/$pid/cmdline && /tmp/chrt -f -p 50 $pid || true; done';
      t.match(
        await remote.exec(`echo -1 > /proc/sys/kernel/sched_rt_runtime_us && ${prefer} && { ${hog} ${hog} }`, {
          signal: never,
        }),
        {
          code: 0,
          stderr: '',
        },
      );
    },
    end: async () => undefined,
  };
  for (const busy of [held, held, starved, starved]) {
    const first = ssh('echo ready; while :; do echo noise; done', 60_000);
    await new Promise((resolve) => first.stdout.once('data', resolve));
    await busy.begin();
    first.kill('SIGKILL');
    await first;
    const second = ssh('echo again', 60_000);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await busy.end();
    t.match(await second, { exitCode: 0, stdout: 'again' });
  }
});

t.test('plain ssh and an interactive shell work', async (t) => {
  await booted(t.name);
  await using guest = await start();
  const shell = await guest.remote.shell({ rows: 24, columns: 80, term: 'vt100' });
  shell.stream.write('stty size; exit 3\n');
  t.match(await text(shell.stream), '24 80');
  t.match(await shell.exit, { code: 3 });
});
