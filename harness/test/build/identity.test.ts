// SPDX-License-Identifier: GPL-2.0-only
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { identifyElf } from '../../build/elf.ts';
import { bzImageVersion, loadPrebuilt } from '../../build/prebuilt.ts';
import { runOk } from '../../host/process.ts';

async function link(dir: string, name: string, source: string, ...flags: string[]): Promise<Buffer> {
  await writeFile(join(dir, `${name}.c`), source);
  await runOk('gcc', ['-nostdlib', '-static', '-Wl,-e,start', ...flags, '-o', join(dir, name), join(dir, `${name}.c`)]);
  return readFile(join(dir, name));
}

const CODE = 'int data = 5;\nint start(void) { return data; }\n';

t.test("the code's sum follows the code, the build id the whole file", async (t) => {
  const dir = t.testdir();
  const plain = identifyElf(await link(dir, 'a', CODE, '-Wl,--build-id=sha1'), 'a');
  const debug = identifyElf(await link(dir, 'b', CODE, '-Wl,--build-id=sha1', '-g'), 'b');
  const other = identifyElf(await link(dir, 'c', CODE.replace('5', '6'), '-Wl,--build-id=sha1'), 'c');
  t.match((await runOk('readelf', ['-n', join(dir, 'a')])).stdout, `Build ID: ${plain.buildId}`);
  t.not(plain.buildId, debug.buildId);
  t.equal(plain.codeSha256, debug.codeSha256);
  t.not(plain.codeSha256, other.codeSha256);
  t.equal(identifyElf(await link(dir, 'd', CODE, '-Wl,--build-id=none'), 'd').buildId, null);
});

t.test('what is no whole ELF file is refused', async (t) => {
  const dir = t.testdir();
  const elf = await link(dir, 'a', CODE);
  for (const bytes of [Buffer.from('bzImage'), elf.subarray(0, elf.length / 2), Buffer.alloc(0)]) {
    t.throws(() => identifyElf(bytes, '/x/vmlinux'), {
      name: 'HostError',
      code: 'VMLINUX_UNREADABLE',
      message: /\/x\/vmlinux/,
    });
  }
});

/** The setup header of a bzImage, with its pointer to the version. */
function image(version: string): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write('HdrS', 0x202);
  bytes.writeUInt16LE(0x400, 0x20e);
  bytes.write(`${version} (x@y) #1 SMP\0`, 0x600);
  return bytes;
}

t.test('a prebuilt kernel is taken as it is', async (t) => {
  const dir = t.testdir({ bzImage: image('6.5.0-rc2+') });
  await writeFile(join(dir, 'vmlinux'), await link(dir, 'a', CODE, '-Wl,--build-id=sha1'));
  const bare = await loadPrebuilt(dir);
  t.match(bare, {
    id: /^[0-9a-f]{16}$/,
    kernelVersion: '6.5.0-rc2+',
    bzImage: join(dir, 'bzImage'),
    config: null,
    systemMap: null,
    buildLog: null,
    buildId: /^[0-9a-f]{40}$/,
  });
  await writeFile(join(dir, 'config'), 'CONFIG_SWAP=y\n');
  const full = await loadPrebuilt(dir);
  t.match(full, { config: join(dir, 'config'), record: { configSha256: /^[0-9a-f]{64}$/, compiler: null } });
  t.not(full.id, bare.id);
});

t.test('a prebuilt folder that is incomplete or wrong is named', async (t) => {
  await t.rejects(loadPrebuilt(t.testdir({ bzImage: image('6.5.0') })), {
    name: 'SourceError',
    code: 'PREBUILT_INVALID',
    message: /there is no vmlinux/,
  });
  t.equal(bzImageVersion(Buffer.from('not an image')), null);
  t.equal(bzImageVersion(image('hello')), null);
});
