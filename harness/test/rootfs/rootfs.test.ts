// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, chmod, mkdir, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { sha256File } from '../../host/hash.ts';
import { runOk } from '../../host/process.ts';
import { buildRootfs } from '../../rootfs/rootfs.ts';

/** A package `tool` with one file; apt-get(8) of the folder `bin` hands out the version that the file `offer` names. */
async function makeDeb(dir: string, version: string, content: string): Promise<void> {
  const tree = join(dir, `tree-${version}`);
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  await mkdir(join(tree, 'bin'));
  const control = `Package: tool\nVersion: ${version}\nArchitecture: amd64\nMaintainer: nobody\nDescription: made up\n`;
  await writeFile(join(tree, 'DEBIAN/control'), control);
  await writeFile(join(tree, 'bin/tool'), content);
  await runOk('dpkg-deb', ['--build', '--root-owner-group', tree, join(dir, `offers/tool_${version}_amd64.deb`)]);
}

t.test('an initramfs is used as long as it is what was built', async (t) => {
  const dir = t.testdir({
    bin: {
      'apt-get': '#!/bin/sh\necho fetched >> "$OFFERS/log"; cp "$OFFERS"/tool_$(cat "$OFFERS/offer")_amd64.deb .\n',
    },
    offers: { offer: '1.9' },
    cache: {},
    guests: {
      init: '#!/bin/sh\n',
      'rootfs.yaml': 'packages:\n  tool: [bin/tool]\napplets: [sh]\nlinks: {}\n',
      src: { 'true.c': 'int main(void) { return 0; }\n', common: { 'c.c': 'int unused_common;\n' } },
    },
  });
  await chmod(join(dir, 'bin/apt-get'), 0o755);
  await makeDeb(dir, '1.9', 'old');
  await makeDeb(dir, '1.10', 'new');
  const before = { PATH: process.env['PATH'], OFFERS: process.env['OFFERS'] };
  t.teardown(() => void Object.assign(process.env, before));
  Object.assign(process.env, { PATH: `${join(dir, 'bin')}:${before.PATH}`, OFFERS: join(dir, 'offers') });
  const cacheDir = join(dir, 'cache');
  const build = (offline = false) =>
    buildRootfs({
      guestsDir: join(dir, 'guests'),
      cacheDir,
      offline,
      signal: new AbortController().signal,
      onEvent: () => undefined,
    });
  const fetches = async () => (await readFile(join(dir, 'offers/log'), 'utf8')).split('\n').length - 1;

  const [first, second] = await Promise.all([build(), build()]);
  t.same(second, first, 'two at once build it once');
  t.equal(await fetches(), 1);
  t.match(first, { id: /^[0-9a-f]{16}$/, packages: { tool: { version: '1.9', sha256: /^[0-9a-f]{64}$/ } } });
  t.equal((await sha256File(first.image)).slice(0, 16), first.id);
  const record = first.image.replace(/cpio$/, 'json');

  for (const [what, damage] of [
    ['a byte more', () => appendFile(first.image, 'x')],
    ['cut', () => truncate(first.image, 1000)],
    ['gone', () => rm(first.image)],
    ['a record of another form', () => writeFile(record, '[]')],
    ['an empty record', () => writeFile(record, '')],
  ] as const) {
    await damage();
    t.same(await build(true), first, what);
    t.equal((await sha256File(first.image)).slice(0, 16), first.id, what);
  }

  // A package that something else put there, and a download that has changed, are not taken.
  const debs = join(cacheDir, 'debs');
  await runOk('cp', [join(dir, 'offers/tool_1.10_amd64.deb'), debs]);
  await rm(record);
  t.equal((await build(true)).packages['tool']?.version, '1.9');
  await appendFile(join(debs, 'tool_1.9_amd64.deb'), 'x');
  await rm(record);
  await t.rejects(build(true), { code: 'OFFLINE', message: /no undamaged download of it/ });
  await writeFile(join(dir, 'offers/offer'), '1.10');
  const newer = await build();
  t.equal(newer.packages['tool']?.version, '1.10');
  t.not(newer.id, first.id, 'the id is that of the content');
  await writeFile(join(dir, 'offers/offer'), '1.9');
  await rm(join(debs, 'tool_1.10_amd64.deb'));
  await rm(record);
  await build();
  await writeFile(join(dir, 'offers/offer'), '1.10');
  await runOk('cp', [join(dir, 'offers/tool_1.10_amd64.deb'), debs]);
  await rm(record);
  t.equal((await build(true)).packages['tool']?.version, '1.10', '1.10 is newer than 1.9');
  t.same(
    (await readdir(debs)).filter((name) => name.startsWith('swaprace')),
    [],
    'nothing is left',
  );
});

t.test('a full disk at the download is said to be one', async (t) => {
  const dir = t.testdir({
    bin: { 'apt-get': '#!/bin/sh\necho "E: You don\'t have enough free space in /x." >&2; exit 100\n' },
    guests: { init: '', 'rootfs.yaml': 'packages: {tool: [bin/tool]}\napplets: []\nlinks: {}\n', src: {} },
  });
  await chmod(join(dir, 'bin/apt-get'), 0o755);
  const before = process.env['PATH'];
  t.teardown(() => void (process.env['PATH'] = before));
  process.env['PATH'] = `${join(dir, 'bin')}:${before}`;
  const building = buildRootfs({
    guestsDir: join(dir, 'guests'),
    cacheDir: join(dir, 'cache'),
    offline: false,
    signal: new AbortController().signal,
    onEvent: () => undefined,
  });
  await t.rejects(building, { name: 'HostError', code: 'DISK_FULL' });
});
