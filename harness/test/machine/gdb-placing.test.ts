// SPDX-License-Identifier: GPL-2.0-only
import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { emptyQcow2 } from '../../machine/qcow2.ts';
import { qemuArgs } from '../../machine/qemu-args.ts';
import { MachineSnapshots } from '../../machine/snapshot.ts';
import type { GuestSpec } from '../../model/guest.ts';

const guest: GuestSpec = {
  vcpus: 2,
  memoryMiB: 128,
  cmdline: [],
  backend: { kind: 'virtio-blk', rotational: true, sizeKiB: 1024 },
};
const plain = { bzImage: '/k', initramfs: '/i', qmpSocket: '/q', sshSockets: ['/s'], disk: '/w/swap.img' };
const placing = { gdbSocket: '/w/gdb', qmpSocket: '/w/qmp.1', overlay: '/w/overlay' };

t.test('only a machine that is to be placed has a stub, a second monitor and an overlay', async (t) => {
  t.notOk(qemuArgs(guest, 'tcg', plain).some((arg) => /gdb|overlay|qcow2/.test(arg)));
  const args = qemuArgs(guest, 'tcg', { ...plain, placing });
  t.equal(args[args.indexOf('-gdb') + 1], 'unix:/w/gdb,server=on,wait=off');
  t.ok(args.includes('unix:/w/qmp.1,server=on,wait=off'));
  t.match(
    args.find((arg) => arg.includes('id=swap')),
    /file=\/w\/overlay,format=qcow2,node-name=overlay/,
  );
  t.ok(args.includes('virtio-blk-pci,drive=swap,num-queues=2'));
  const diskless = qemuArgs(guest, 'tcg', { ...plain, disk: null, placing });
  t.ok(
    diskless.some((arg) => arg.includes('/w/overlay')),
    'snapshots are kept somewhere',
  );
  t.notOk(diskless.some((arg) => arg.includes('virtio-blk')));
});

t.test('an empty qcow2 image names its size and its backing file', async (t) => {
  const image = emptyQcow2(1024 * 1024, '/w/swap.img');
  t.equal(image.toString('latin1', 0, 4), 'QFI\xfb');
  t.equal(image.readBigUInt64BE(24), 1024n * 1024n);
  const at = Number(image.readBigUInt64BE(8));
  t.equal(image.toString('utf8', at, at + image.readUInt32BE(16)), '/w/swap.img');
  t.equal(image.length % 65536, 0);
  t.equal(emptyQcow2(0, null).readBigUInt64BE(8), 0n);
});

/** A monitor whose jobs conclude after their command was answered, `bad` ones with an error. */
async function fakeMonitor(t: {
  teardown(release: () => unknown): void;
}): Promise<{ path: string; commands: string[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'qmp-'));
  const commands: string[] = [];
  const server = createServer((socket) => {
    const send = (message: unknown): void => void socket.write(`${JSON.stringify(message)}\n`);
    const failed = new Map<string, boolean>();
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n')) {
        const {
          execute,
          id,
          arguments: args,
        } = JSON.parse(line) as { execute: string; id: number; arguments: Record<string, string> };
        commands.push(args?.['tag'] === undefined ? execute : `${execute} ${args['tag']}`);
        if (args?.['tag'] === 'lost') return socket.destroy();
        const job = args?.['job-id'];
        if (execute === 'query-jobs')
          send({
            return: [...failed].map(([name, bad]) => ({ id: name, ...(bad ? { error: 'no such snapshot' } : {}) })),
            id,
          });
        else send({ return: {}, id });
        if (job === undefined) continue;
        failed.set(job, args['tag'] === 'bad');
        send({ event: 'JOB_STATUS_CHANGE', data: { status: 'running', id: job } });
        setTimeout(() => send({ event: 'JOB_STATUS_CHANGE', data: { status: 'concluded', id: job } }), 20);
      }
      return undefined;
    });
  });
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
  t.teardown(async () => {
    server.close();
    await rm(dir, { recursive: true });
  });
  return { path: join(dir, 's'), commands };
}

t.test('snapshots are jobs, awaited to their end; a name is used again by deleting it first', async (t) => {
  const monitor = await fakeMonitor(t);
  await using snapshots = await MachineSnapshots.open(monitor.path);
  await snapshots.save('a');
  await snapshots.save('a');
  await snapshots.load('a');
  t.same(
    monitor.commands.filter((command) => command.startsWith('snapshot')),
    ['snapshot-save a', 'snapshot-delete a', 'snapshot-save a', 'snapshot-load a'],
  );
  await t.rejects(snapshots.load('bad'), { code: 'SNAPSHOT_FAILED', fault: 'host', message: /no such snapshot/ });
  await t.rejects(snapshots.load('lost'), { code: 'QMP_FAILED' });
});
