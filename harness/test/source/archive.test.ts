// SPDX-License-Identifier: GPL-2.0-only
import { once } from 'node:events';
import { mkdir, readFile, readdir, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import tar, { type Header } from 'tar-stream';
import t from 'tap';
import { runOk } from '../../host/process.ts';
import { exists } from '../../host/files.ts';
import { sha256 } from '../../host/hash.ts';
import { unpackArchive } from '../../source/decompress.ts';
import { prepareSource } from '../../source/prepare.ts';
import { unpackTree } from '../../source/untar.ts';
import { writeFakeKernel } from '../build/fake-kernel.ts';
import { sourceOptions } from './options.ts';

const signal = new AbortController().signal;

type Entry = Partial<Header> & { readonly name: string; readonly content?: string };

async function tarOf(...entries: Entry[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { content, ...header } of entries) pack.entry(header, content ?? '');
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const unpack = async (dir: string, ...entries: Entry[]) =>
  unpackTree(Readable.from([await tarOf(...entries)]), dir, { label: 'a.tar', signal });

t.test('files, modes and links arrive', async (t) => {
  const dir = t.testdir();
  const count = await unpack(
    dir,
    { name: './linux/', type: 'directory' },
    { name: 'linux/Makefile', content: 'all:\n' },
    { name: 'linux/scripts/run', content: '#!/bin/sh\n', mode: 0o775 },
    { name: 'linux/empty' },
    { name: 'linux/include/dt', type: 'symlink', linkname: '../scripts' },
    { name: 'linux/same', type: 'link', linkname: 'linux/Makefile' },
  );
  t.equal(count, 3);
  t.equal(await readFile(join(dir, 'linux/Makefile'), 'utf8'), 'all:\n');
  t.equal((await stat(join(dir, 'linux/scripts/run'))).mode & 0o777, 0o755);
  t.equal((await stat(join(dir, 'linux/empty'))).size, 0);
  t.equal(await readlink(join(dir, 'linux/include/dt')), '../scripts');
  t.equal(await readFile(join(dir, 'linux/same'), 'utf8'), 'all:\n');
});

t.test('what would leave the folder is refused by name', async (t) => {
  const table: readonly (readonly [string, RegExp, ...Entry[]])[] = [
    ['dot dot', /"\.\.\/evil" is refused, its name leaves/, { name: '../evil', content: 'x' }],
    ['dot dot within', /leaves the folder/, { name: 'a/../../evil', content: 'x' }],
    ['absolute', /"\/tmp\/evil" is refused, its name is absolute/, { name: '/tmp/evil', content: 'x' }],
    ['absolute link', /points to "\/etc"/, { name: 'a', type: 'symlink', linkname: '/etc' }],
    ['climbing link', /points to \.\.\/\.\., which leaves/, { name: 'a/b', type: 'symlink', linkname: '../..' }],
    [
      'through a link',
      /goes through the symbolic link a$/,
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'a/x', content: 'x' },
    ],
    [
      'over a link',
      /through the symbolic link a$/,
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'a', content: 'x' },
    ],
    // Lexically inside: a/up is the root, so up/.. is its parent.
    [
      'by two links',
      /climbs after it descended/,
      { name: 'a/up', type: 'symlink', linkname: '..' },
      { name: 'out', type: 'symlink', linkname: 'a/up/..' },
    ],
    ['hard link out', /hard link to \.\.\/x: its name leaves/, { name: 'a', type: 'link', linkname: '../x' }],
    [
      'hard link to a link',
      /hard link to l: its name goes through/,
      { name: 'l', type: 'symlink', linkname: 'b' },
      { name: 'a', type: 'link', linkname: 'l' },
    ],
    ['device', /it is a character-device/, { name: 'null', type: 'character-device' }],
    ['twice', /"a" is refused, it is there twice/, { name: 'a', content: 'x' }, { name: 'a', content: 'y' }],
  ];
  for (const [what, why, ...entries] of table) {
    const parent = t.testdir({ inside: {} });
    await t.rejects(
      unpack(join(parent, 'inside'), ...entries),
      { name: 'SourceError', code: 'ARCHIVE_REFUSED', message: why },
      what,
    );
    t.same(await readdir(parent), ['inside'], `${what}: nothing next to the folder`);
  }
});

t.test('a small archive that is large when unpacked is refused before it is in memory', async (t) => {
  const dir = t.testdir();
  const pack = tar.pack();
  pack.entry({ name: 'linux/zeros', size: 4 * 2 ** 30 }, () => undefined);
  const [header] = (await once(pack, 'data')) as [Buffer];
  pack.on('error', () => undefined).destroy();
  let sent = 0;
  const zeros = function* (): Generator<Buffer> {
    yield header;
    for (; sent < 4 * 2 ** 30; sent += 1 << 20) yield Buffer.alloc(1 << 20);
  };
  const packed = Readable.from(zeros()).pipe(createGzip());
  const unpacked = unpackArchive(packed, 'bomb.tar.gz', dir, { label: 'bomb.tar.gz', signal });
  await t.rejects(unpacked, { code: 'ARCHIVE_REFUSED', message: /"linux\/zeros" is refused, it has 4294967296 bytes/ });
  t.ok(sent < 2 ** 28);
  t.same(await readdir(dir), []);
});

t.test('near misses are taken', async (t) => {
  const dir = t.testdir();
  await unpack(
    dir,
    { name: 'a/..b/...', content: 'x' },
    { name: 'a/l', type: 'symlink', linkname: '../a/./..b' },
    { name: 'lx', content: 'y' },
    { name: 'a/lx', content: 'z' },
  );
  t.equal(await readFile(join(dir, 'a/l/...'), 'utf8'), 'x');
});

t.test('a broken archive is said to be broken', async (t) => {
  const whole = await tarOf({ name: 'Makefile', content: 'x'.repeat(5000) });
  const cut = unpackTree(Readable.from([whole.subarray(0, 3000)]), t.testdir(), { label: 'cut.tar', signal });
  await t.rejects(cut, { name: 'SourceError', code: 'ARCHIVE_BROKEN', message: /cut\.tar/ });
  const zipped = gzipSync(whole);
  for (const [name, bytes] of [
    ['a.tar.gz', zipped.subarray(0, 60)],
    ['a.tar.xz', zipped],
    ['a.tar.zst', whole],
  ] as const) {
    await t.rejects(
      unpackArchive(Readable.from([bytes]), name, t.testdir(), { label: name, signal }),
      { code: 'ARCHIVE_BROKEN', message: name },
      name,
    );
  }
  await t.rejects(unpackArchive(Readable.from([whole]), 'a.zip', t.testdir(), { label: 'a.zip', signal }), {
    code: 'ARCHIVE_UNKNOWN',
  });
});

t.test('tarballs of all compressions become trees; equal content is one tree', async (t) => {
  const dir = t.testdir({ cache: {} });
  await writeFakeKernel(join(dir, 'linux-6.1.7'));
  const options = sourceOptions(join(dir, 'cache'));
  for (const [name, flag] of [
    ['l.tar', '--'],
    ['l.tar.gz', '-z'],
    ['l.tar.xz', '-J'],
    ['l.tar.zst', '--zstd'],
  ] as const) {
    await runOk('tar', ['-C', dir, '-c', '-f', join(dir, name), ...(flag === '--' ? [] : [flag]), 'linux-6.1.7']);
    const tree = await prepareSource({ kind: 'tarball', location: join(dir, name), sha256: null }, options);
    t.match(
      tree,
      { id: /^tar-[0-9a-f]{16}$/, kernelVersion: '6.1.7', provenance: { kind: 'tarball', sha256: /^[0-9a-f]{64}$/ } },
      name,
    );
    t.ok(await exists(join(tree.path, 'mm', 'swapfile.c')));
  }
  const before = options.events.length;
  await writeFile(join(dir, 'copy.tar.xz'), await readFile(join(dir, 'l.tar.xz')));
  await prepareSource({ kind: 'tarball', location: join(dir, 'copy.tar.xz'), sha256: null }, options);
  t.equal(options.events.length, before, 'the copy is not unpacked again');
  t.same(await readdir(join(dir, 'cache', 'tmp')), []);
});

t.test('a pin that does not match is refused, and nothing is unpacked', async (t) => {
  const dir = t.testdir({ cache: {}, 'l.tar': await tarOf({ name: 'Makefile', content: '' }) });
  const location = join(dir, 'l.tar');
  const pinned = prepareSource(
    { kind: 'tarball', location, sha256: 'b'.repeat(64) },
    sourceOptions(join(dir, 'cache')),
  );
  await t.rejects(pinned, {
    name: 'SourceError',
    code: 'CHECKSUM_MISMATCH',
    message: new RegExp(`${location}: its sha256 is [0-9a-f]{64}, the plan wants b{64}`),
  });
  t.notOk(await exists(join(dir, 'cache', 'sources')));
});

t.test('what is not a kernel is refused', async (t) => {
  const dir = t.testdir({
    cache: {},
    'l.tar': await tarOf({ name: 'README', content: 'hello' }),
    'm.tar': await tarOf({ name: 'Makefile', content: 'all:\n' }),
  });
  for (const [name, why] of [
    ['l.tar', /no Makefile/],
    ['m.tar', /prints no version/],
    ['none.tar', /no such file/],
  ] as const) {
    await t.rejects(
      prepareSource({ kind: 'tarball', location: join(dir, name), sha256: null }, sourceOptions(join(dir, 'cache'))),
      { name: 'SourceError', message: why },
      name,
    );
  }
});

t.test('offline, a missing source is named', async (t) => {
  const options = { ...sourceOptions(t.testdir()), offline: true };
  await t.rejects(
    prepareSource({ kind: 'tarball', location: 'https://example.invalid/l.tar.xz', sha256: null }, options),
    { code: 'SOURCE_MISSING', message: /example\.invalid.*not in the cache/ },
  );
  await t.rejects(prepareSource({ kind: 'deb', package: 'linux-source-9.9', version: null, sha256: null }, options), {
    code: 'SOURCE_MISSING',
    message: /deb:linux-source-9\.9 offline/,
  });
});

t.test('a Debian source package is unpacked without being installed', async (t) => {
  const dir = t.testdir({
    cache: { debs: {} },
    pkg: {
      DEBIAN: {
        control: [
          'Package: linux-source-6.1',
          'Version: 6.1.7-1',
          'Architecture: all',
          'Maintainer: x <x@example.org>',
          'Description: x',
          '',
        ].join('\n'),
      },
      usr: { src: {} },
    },
  });
  await writeFakeKernel(join(dir, 'linux-source-6.1'));
  await runOk('tar', ['-C', dir, '-cJf', join(dir, 'pkg/usr/src/linux-source-6.1.tar.xz'), 'linux-source-6.1']);
  await mkdir(join(dir, 'pkg/usr/share'), { recursive: true });
  await writeFile(join(dir, 'pkg/usr/share/doc'), 'x'.repeat(100_000));
  await runOk('dpkg-deb', [
    '--build',
    '--root-owner-group',
    join(dir, 'pkg'),
    join(dir, 'cache/debs/linux-source-6.1_6.1.7-1_all.deb'),
  ]);
  const options = { ...sourceOptions(join(dir, 'cache')), offline: true };
  const spec = { kind: 'deb', package: 'linux-source-6.1', version: null, sha256: null } as const;
  const tree = await prepareSource(spec, options);
  t.match(tree, { kernelVersion: '6.1.7', provenance: { version: '6.1.7-1', debSha256: /^[0-9a-f]{64}$/ } });
  t.same(await prepareSource(spec, options), tree, 'found again');
  await t.rejects(prepareSource({ ...spec, version: '6.1.7-1', sha256: 'c'.repeat(64) }, options), {
    code: 'CHECKSUM_MISMATCH',
  });
});

t.test('an installed source package is not fetched again', async (t) => {
  const dir = t.testdir({ cache: {}, bin: {}, usr: { src: {} } });
  await writeFakeKernel(join(dir, 'linux-source-9.9'));
  // As installed: dpkg lists files by their absolute paths, the archive in /usr/src.
  const archive = join(dir, 'usr/src/linux-source-9.9.tar.xz');
  await runOk('tar', ['-C', dir, '-cJf', archive, 'linux-source-9.9']);
  const status = 'case $1 in -W) printf "installed 6.1.7-1";; -L) printf "/usr\\n%s\\n" "$ARCHIVE";; esac';
  await writeFile(join(dir, 'bin/dpkg-query'), `#!/bin/sh\n${status}\n`, { mode: 0o755 });
  const before = { PATH: process.env['PATH'], ARCHIVE: process.env['ARCHIVE'] };
  t.teardown(() => void Object.assign(process.env, before));
  Object.assign(process.env, { PATH: `${join(dir, 'bin')}:${before.PATH}`, ARCHIVE: archive });
  const spec = { kind: 'deb', package: 'linux-source-9.9', version: '6.1.7-1', sha256: null } as const;
  const options = { ...sourceOptions(join(dir, 'cache')), offline: true };
  const tree = await prepareSource(spec, options);
  t.match(tree, {
    kernelVersion: '6.1.7',
    provenance: { version: '6.1.7-1', sha256: sha256(await readFile(archive)) },
  });
  t.notOk('debSha256' in tree.provenance, 'the package itself was not seen');
  t.same(await prepareSource({ ...spec, version: null }, options), tree, 'offline, its version is the newest there is');
  await t.rejects(
    prepareSource({ ...spec, version: '6.1.8-1' }, options),
    { code: 'SOURCE_MISSING' },
    'another version is another source',
  );
  await t.rejects(
    prepareSource({ ...spec, sha256: 'c'.repeat(64) }, options),
    { code: 'SOURCE_MISSING' },
    'a pin is the sum of a .deb',
  );
});
