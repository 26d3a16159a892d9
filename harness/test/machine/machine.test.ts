// SPDX-License-Identifier: GPL-2.0-only
import { once } from 'node:events';
import { createServer } from 'node:net';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import tar from 'tar-stream';
import t from 'tap';
import { chooseAccelerator } from '../../machine/accelerator.ts';
import { SerialConsole } from '../../machine/console.ts';
import { LineSplitter, MAX_LINE_CHARS } from '../../machine/lines.ts';
import { connectPort } from '../../machine/port.ts';
import { kernelCommandLine, qemuArgs } from '../../machine/qemu-args.ts';
import { QmpClient } from '../../machine/qmp.ts';
import { unpackUntrusted } from '../../machine/untrusted-tar.ts';
import type { GuestSpec } from '../../model/guest.ts';

const guest: GuestSpec = {
  vcpus: 2,
  memoryMiB: 128,
  cmdline: ['page_cluster=3'],
  backend: { kind: 'virtio-blk', rotational: true, sizeKiB: 1024 },
};
const paths = {
  bzImage: '/k/bzImage',
  initramfs: '/w/initramfs',
  qmpSocket: '/w/qmp',
  sshSockets: ['/w/ssh.0'],
  disk: '/w/swap.img',
};

t.test('the command line of QEMU has no network, ends on reset and ties a queue to each vCPU', async (t) => {
  const args = qemuArgs(guest, 'tcg', paths);
  t.notOk(args.some((arg) => /netdev|hostfwd|^-nic$|^-net$/.test(arg)));
  t.ok(args.includes('-no-reboot') && args.includes('-nodefaults'));
  t.ok(args.includes('virtio-blk-pci,drive=swap,num-queues=2'));
  t.ok(args.includes('tcg,thread=multi'));
  t.notOk(
    qemuArgs({ ...guest, backend: { kind: 'zram', sizeKiB: 1024 } }, 'tcg', { ...paths, disk: null }).some((arg) =>
      arg.includes('virtio-blk'),
    ),
  );
  t.match(kernelCommandLine(guest, 'tcg'), /tsc=reliable no_timer_check page_cluster=3$/);
  t.notMatch(kernelCommandLine(guest, 'kvm'), 'tsc=reliable');
});

t.test('lines are cut whole from chunks that are not', async (t) => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  const bytes = Buffer.from('ein Wört\r\nzwei\n\nhalb');
  for (const byte of bytes) splitter.push(Buffer.from([byte]));
  t.same(lines, ['ein Wört', 'zwei', '']);
  t.equal(splitter.end(), true);
  t.equal(lines.at(-1), 'halb');
  t.equal(splitter.end(), false);
});

t.test('a line without end cannot fill the memory', async (t) => {
  const lengths: number[] = [];
  const splitter = new LineSplitter((line) => lengths.push(line.length));
  splitter.push(Buffer.alloc(2 * MAX_LINE_CHARS + 10, 'x'));
  t.same(lengths, [MAX_LINE_CHARS, MAX_LINE_CHARS]);
});

t.test('a long line that comes in small pieces costs no more than its length', async (t) => {
  let lines = 0;
  const splitter = new LineSplitter(() => (lines += 1));
  const begun = performance.now();
  for (let at = 0; at < MAX_LINE_CHARS; at += 16) splitter.push(Buffer.alloc(16, 'x'));
  splitter.push(Buffer.from('\nnext\n'));
  t.equal(lines, 2);
  t.ok(performance.now() - begun < 5_000);
});

t.test('a port that floods is read on until the guest answers, in flat memory', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'port-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const junk = Buffer.alloc(1 << 16, 'swaprace-ready ');
  const server = createServer((socket) => {
    socket.once('data', (hello) => {
      const cookie = /swaprace-connect (\w+)/.exec(hello.toString())?.[1] ?? '';
      let sent = 0;
      const flood = (): void => {
        while (sent++ < 1_000) if (!socket.write(junk)) return void socket.once('drain', flood);
        // The answer in two pieces, with the server's first words after it.
        socket.write(`swaprace-ready ${cookie.slice(0, 5)}`, () => {
          setTimeout(() => socket.write(`${cookie.slice(5)}\nSSH-2.0`), 20);
        });
      };
      flood();
    });
  });
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
  t.teardown(() => server.close());
  const begun = performance.now();
  const socket = await connectPort(join(dir, 's'), 60_000);
  socket.resume();
  const [first] = (await once(socket, 'data')) as [Buffer];
  t.equal(first.toString(), 'SSH-2.0');
  t.ok(performance.now() - begun < 15_000, 'each byte is looked at once');
  socket.destroy();
});

t.test('a console is kept byte for byte, whatever it holds', async (t) => {
  const dir = t.testdir();
  const raw = Buffer.concat([Buffer.from('[ 0.1] a\r\n'), Buffer.from([0, 255, 254, 27]), Buffer.from('\nend')]);
  const console = new SerialConsole(Readable.from([raw.subarray(0, 5), raw.subarray(5)]), join(dir, 'console.log'));
  const lines: string[] = [];
  console.onLine((line) => lines.push(line));
  await console.closed();
  t.same(await readFile(join(dir, 'console.log')), raw);
  t.equal(console.bytes, raw.length);
  t.same([lines[0], lines.at(-1)], ['[ 0.1] a', 'end']);
});

t.test('a console that cannot be kept is a fault of the host', async (t) => {
  const console = new SerialConsole(Readable.from([Buffer.from('x\n')]), '/dev/null/console.log');
  await t.rejects(console.closed(), { code: 'CONSOLE_NOT_KEPT', fault: 'host' });
});

t.test('the accelerator is chosen by what ran, not by what exists', async (t) => {
  const works = async (): Promise<void> => undefined;
  const fails = async (): Promise<never> => {
    throw new Error('no console output');
  };
  t.match(await chooseAccelerator('tcg', fails), { accelerator: 'tcg' });
  t.match(await chooseAccelerator('auto', fails), { accelerator: 'tcg', reason: /KVM does not work here/ });
  await t.rejects(chooseAccelerator('kvm', fails), { code: 'NO_KVM', fault: 'host' });
  const decision = await chooseAccelerator('auto', works);
  t.ok(decision.accelerator === 'kvm' || /\/dev\/kvm/.test(decision.reason));
});

t.test('QMP: replies find their command, events their listener, a lost connection its error', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'qmp-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const server = createServer((socket) => {
    socket.write('{"QMP": {"version": {}, "capabilities": []}}\n');
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n')) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number };
        if (execute === 'die') socket.destroy();
        else if (execute === 'bad')
          socket.write(`{"error": {"class": "GenericError", "desc": "no such thing"}, "id": ${id}}\n`);
        else
          socket.write(`{"event": "RESUME", "data": {"n": ${id}}}\n{"return": {"did": "${execute}"}, "id": ${id}}\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
  t.teardown(() => server.close());
  const events: string[] = [];
  const client = await QmpClient.connect(join(dir, 's'));
  client.onEvent(({ event }) => events.push(event));
  t.same(await client.execute('stop'), { did: 'stop' });
  t.same(events, ['RESUME']);
  await t.rejects(client.execute('bad'), { code: 'QMP_ERROR', message: /no such thing/ });
  await t.rejects(client.execute('die'), { code: 'QMP_FAILED' });
  await t.rejects(client.execute('stop'), { code: 'QMP_FAILED' });
  await t.rejects(QmpClient.connect(join(dir, 'none')), { code: 'QMP_FAILED', fault: 'host' });
});

type Entry = { name: string; type?: 'file' | 'directory' | 'symlink'; linkname?: string; body?: string };

function tarOf(entries: readonly Entry[]): PassThrough {
  const pack = tar.pack();
  for (const { body, ...header } of entries) pack.entry({ type: 'file', ...header }, body ?? '');
  pack.finalize();
  return pack.pipe(new PassThrough());
}

t.test('files that a guest sends stay where they belong', async (t) => {
  const good = t.testdir();
  await unpackUntrusted(
    tarOf([
      { name: './', type: 'directory' },
      { name: './a/b.txt', body: 'hi' },
    ]),
    good,
    100,
  );
  t.equal(await readFile(join(good, 'a/b.txt'), 'utf8'), 'hi');

  for (const entry of [
    { name: '../evil', body: 'x' },
    { name: '/etc/evil', body: 'x' },
    { name: 'a/../../evil', body: 'x' },
    { name: 'link', type: 'symlink', linkname: '/etc' },
  ] satisfies Entry[]) {
    await t.rejects(
      unpackUntrusted(tarOf([entry]), t.testdir(), 100),
      { code: 'TAR_REFUSED', fault: 'guest' },
      entry.name,
    );
  }
  await t.rejects(unpackUntrusted(tarOf([{ name: 'big', body: 'x'.repeat(101) }]), t.testdir(), 100), {
    code: 'TAR_TOO_LARGE',
  });
  await t.rejects(unpackUntrusted(Readable.from([Buffer.from('x'.repeat(1024))]), t.testdir(), 100), {
    code: 'TAR_BROKEN',
  });
});

t.test('an existing file or link is not written through', async (t) => {
  const dir = t.testdir({ outside: {}, inside: {} });
  await symlink(join(dir, 'outside', 'target'), join(dir, 'inside', 'name'));
  await t.rejects(unpackUntrusted(tarOf([{ name: 'name', body: 'x' }]), join(dir, 'inside'), 100), {
    code: 'TAR_BROKEN',
  });
});
