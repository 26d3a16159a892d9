// SPDX-License-Identifier: GPL-2.0-only
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { boot } from '../../machine/boot.ts';
import { newIdentity } from '../../rootfs/keys.ts';
import type { BootRequest } from '../../model/guest.ts';

/** Speaks QMP, and reports a full disk as QEMU 7.2 does; it never ends by itself. */
const QEMU = `#!${process.execPath}
const path = process.argv[process.argv.indexOf('-qmp') + 1].slice('unix:'.length).split(',')[0];
require('node:net').createServer((socket) => {
  socket.write('{"QMP": {"version": {}, "capabilities": []}}\\n');
  socket.on('data', (lines) => {
    for (const line of lines.toString().trim().split('\\n'))
      socket.write(JSON.stringify({ return: {}, id: JSON.parse(line).id }) + '\\n');
    const data = { device: 'swap', operation: 'write', action: 'stop', nospace: true, reason: 'No space left' };
    setTimeout(() => socket.write(JSON.stringify({ event: 'BLOCK_IO_ERROR', data }) + '\\n'), 100);
  });
}).listen(path);
setInterval(() => console.log('tick'), 50);
`;

t.test("a disk that fills while the guest runs is the host's fault, and said to be", async (t) => {
  const dir = await mkdtemp('/tmp/df-');
  const before = process.env['PATH'];
  t.teardown(() => {
    process.env['PATH'] = before;
    return rm(dir, { recursive: true });
  });
  await writeFile(join(dir, 'qemu-system-x86_64'), QEMU);
  await chmod(join(dir, 'qemu-system-x86_64'), 0o755);
  process.env['PATH'] = `${dir}:${before}`;
  const request = {
    kernel: { bzImage: '/none' },
    initramfs: [],
    guest: { vcpus: 1, memoryMiB: 64, cmdline: [], backend: { kind: 'virtio-blk', rotational: true, sizeKiB: 64 } },
    accelerator: 'tcg',
    key: newIdentity().key,
    workDir: dir,
    consoleLog: join(dir, 'console.log'),
  } as unknown as BootRequest;
  await t.rejects(boot(request, new AbortController().signal), {
    name: 'HostError',
    code: 'QEMU_FAILED',
    details: "QEMU cannot write the guest's disk image: the disk that holds the temporary folder is full",
  });
});
