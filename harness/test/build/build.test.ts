// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { buildKernel, forecastKernel } from '../../build/kernel.ts';
import { HostError } from '../../model/errors.ts';
import { exists } from '../../host/files.ts';
import { sha256File } from '../../host/hash.ts';
import { fakeRequest, fakeTree, fill, replaceLine, series } from './fake-kernel.ts';

const oneFile = series('one-file', replaceLine('mm/swapfile.c', 7, '\tswap_map = 0;', '\tswap_map = 2;'));
const oneHeader = series(
  'one-header',
  replaceLine('include/swap.h', 1, '#define SWAP_VALID 1', '#define SWAP_VALID 3'),
);

async function compiled(log: string | null): Promise<string[]> {
  const text = await readFile(log ?? '', 'utf8');
  return [...text.matchAll(/CC {6}(\S+)/g)].map((match) => match[1] ?? '').sort();
}

t.test('a kernel is built once and found again', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const cache = join(dir, 'cache');
  const tree = await fakeTree(join(dir, 'src'));
  t.match(await forecastKernel(fakeRequest(tree, cache)), { plan: { variant: 'stock' }, id: null, built: false });
  const first = await buildKernel(fakeRequest(tree, cache));
  t.equal(first.cached, false);
  t.match(await forecastKernel(fakeRequest(tree, cache)), { id: first.kernel.id, built: true });
  t.match(first.kernel, {
    id: /^[0-9a-f]{16}$/,
    kernelVersion: '6.1.7',
    buildId: /^[0-9a-f]{40}$/,
    codeSha256: /^[0-9a-f]{64}$/,
  });
  t.same(await compiled(first.kernel.buildLog), ['mm/memory.o', 'mm/swap_state.o', 'mm/swapfile.o']);
  t.equal(first.kernel.record.objects, 3);
  t.equal(await readFile(first.kernel.config ?? '', 'utf8'), 'CONFIG_SWAP=y\n');
  for (const [name, sum] of Object.entries(first.kernel.record.artifacts)) {
    t.equal(await sha256File(join(cache, 'kernels', first.kernel.id, name)), sum, name);
  }
  t.same(Object.keys(first.kernel.record.artifacts), [
    'System.map',
    'build.log',
    'bzImage',
    'config',
    'series.patch',
    'vmlinux',
  ]);

  const request = fakeRequest(tree, cache, { variantId: 'the same under another name' });
  const second = await buildKernel(request);
  t.equal(second.cached, true);
  t.same(second.kernel, first.kernel);
  t.same(
    request.events.map((event) => event.kind),
    ['build-done'],
    'neither configured nor compiled',
  );
  t.same(await readdir(join(cache, 'tmp')), [], 'nothing is left');
});

t.test('variants of one tree rebuild only what their files change', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const build = (one: ReturnType<typeof series>[]) =>
    buildKernel(fakeRequest(tree, join(dir, 'cache'), { series: one }));
  const stock = await build([]);
  const patched = await build([oneFile]);
  t.same(await compiled(patched.kernel.buildLog), ['mm/swapfile.o']);
  t.not(patched.kernel.codeSha256, stock.kernel.codeSha256);
  const header = await build([oneHeader]);
  t.same(await compiled(header.kernel.buildLog), ['mm/memory.o', 'mm/swapfile.o', 'mm/swap_state.o'].sort());

  const again = await build([
    series('another text, same effect', {
      ...oneFile.patches[0]!,
      text: `Said otherwise.\n${oneFile.patches[0]!.text}`,
    }),
  ]);
  t.equal(again.cached, false, 'the series is part of the id');
  t.equal(again.kernel.codeSha256, patched.kernel.codeSha256);
  t.equal(again.kernel.buildId, patched.kernel.buildId, 'the working copy went back to what it was');
  t.match(
    await readFile(join(dir, 'src', 'mm', 'swapfile.c'), 'utf8'),
    'swap_map = 0;',
    'the pristine tree has its own content',
  );
});

t.test('files that a series adds go away with it', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const added = series('adds', {
    name: 'add.patch',
    text: '--- /dev/null\n+++ b/mm/extra.c\n@@ -0,0 +1 @@\n+int extra;\n',
  });
  const removed = series('removes', {
    name: 'rm.patch',
    text: '--- a/mm/swap_state.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-int read_ahead = 8;\n',
  });
  const work = join(dir, 'cache', 'trees', tree.id, 'work', 'mm');
  await buildKernel(fakeRequest(tree, join(dir, 'cache'), { series: [added] }));
  t.same((await readdir(work)).sort(), ['Kconfig', 'extra.c', 'memory.c', 'swap_state.c', 'swapfile.c']);
  await buildKernel(fakeRequest(tree, join(dir, 'cache'), { series: [removed] }));
  t.same((await readdir(work)).sort(), ['Kconfig', 'memory.c', 'swapfile.c']);
  await buildKernel(fakeRequest(tree, join(dir, 'cache')));
  t.same((await readdir(work)).sort(), (await readdir(join(tree.path, 'mm'))).sort());
});

t.test('nothing is made or read through a link that leads out of the tree', async (t) => {
  const dir = t.testdir({ src: {}, cache: {}, outside: {} });
  const tree = await fakeTree(join(dir, 'src'));
  await symlink(join(dir, 'outside'), join(tree.path, 'out'));
  await symlink(join(dir, 'outside/later'), join(tree.path, 'nowhere'));
  for (const file of ['out/of/tree.c', 'nowhere/tree.c']) {
    const text = `--- /dev/null\n+++ b/${file}\n@@ -0,0 +1 @@\n+int extra;\n`;
    const request = fakeRequest(tree, join(dir, 'cache'), { series: [series('out', { name: 'out.patch', text })] });
    await t.rejects(buildKernel(request), { name: 'SourceError', code: 'PATCH_INVALID', message: file });
    t.same(await readdir(join(dir, 'outside')), []);
  }
  t.equal((await buildKernel(fakeRequest(tree, join(dir, 'cache')))).cached, false, 'the next variant builds');
});

t.test('equal inputs give equal bytes, wherever the cache is', async (t) => {
  const dir = t.testdir({ src: {}, a: {}, 'b-elsewhere': {} });
  const tree = await fakeTree(join(dir, 'src'));
  const [a, b] = await Promise.all(['a', 'b-elsewhere'].map((name) => buildKernel(fakeRequest(tree, join(dir, name)))));
  t.equal(a?.kernel.id, b?.kernel.id);
  t.equal(a?.kernel.record.artifacts['vmlinux'], b?.kernel.record.artifacts['vmlinux']);
  t.equal(a?.kernel.buildId, b?.kernel.buildId);
});

t.test('a compiler error is reported with its file and line', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const broken = series('broken', replaceLine('mm/memory.c', 7, '\treturn swap_map;', '\treturn no_such_thing;'));
  const request = fakeRequest(tree, join(dir, 'cache'), { series: [broken], variantId: 'v5c' });
  const error = await buildKernel(request).catch((error: unknown) => error);
  t.match(error, {
    name: 'BuildError',
    code: 'COMPILE_FAILED',
    message: /^Cannot build variant v5c: mm\/memory\.c:7: .*no_such_thing/,
    hint: /logs\/[0-9a-f]{16}\.log$/,
  });
  t.notOk(await exists(join(dir, 'cache', 'kernels')), 'nothing is in the cache');
  const fixed = await buildKernel(fakeRequest(tree, join(dir, 'cache')));
  t.equal(fixed.cached, false, 'the next variant builds');
});

t.test("a full disk is the host's fault, whichever program reports it", async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const full = series(
    'full',
    fill('switches/fail', 'mm/swapfile.s:1: fatal error: error writing to /tmp/x.s: No space left on device'),
  );
  const request = fakeRequest(tree, join(dir, 'cache'), { series: [full] });
  await t.rejects(buildKernel(request), {
    name: 'HostError',
    code: 'DISK_FULL',
    message: /the disk that holds .* is full/,
  });
  const nospace = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const failing = fakeRequest(tree, join(dir, 'cache'), {
    steps: { ...request.steps, configure: () => Promise.reject(nospace) },
    fragments: [],
  });
  await t.rejects(buildKernel(failing), { name: 'HostError', code: 'DISK_FULL' });
});

t.test('every symbol that vanishes is listed, in one error', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const { parseFragment } = await import('../../kconfig/fragment.ts');
  const fragments = [
    parseFragment('a.config', 'CONFIG_SWAP=y\nCONFIG_MEMCG_SWAP=y\nCONFIG_OLD=y # until 5.19\n'),
    parseFragment('b.config', '# A comment.\nCONFIG_ZRAM=y\n'),
  ];
  const vanish = series('vanish', fill('switches/vanish', 'ZRAM'));
  const error = await buildKernel(fakeRequest(tree, join(dir, 'cache'), { fragments, series: [vanish] })).catch(
    (error: unknown) => error,
  );
  t.match(error, {
    name: 'BuildError',
    code: 'CONFIG_NOT_MET',
    message: 'Cannot configure Linux 6.1.7: 2 of 3 requested symbols did not survive',
  });
  t.equal(
    (error as HostError).details,
    [
      'CONFIG_MEMCG_SWAP (a.config:2): asked y, got n; no such symbol in 6.1.7',
      'CONFIG_ZRAM (b.config:2): asked y, got n; depends on SWAP && CRYPTO (SWAP=y, CRYPTO=n), mm/Kconfig:5',
    ].join('\n'),
  );
});

t.test('.config is written only when it is another', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const dotConfig = join(dir, 'cache', 'trees', tree.id, 'obj', '.config');
  await buildKernel(fakeRequest(tree, join(dir, 'cache')));
  const before = (await stat(dotConfig, { bigint: true })).mtimeNs;
  let configured = 0;
  const request = fakeRequest(tree, join(dir, 'cache'), { series: [oneFile] });
  const configure: typeof request.steps.configure = (one) => ((configured += 1), request.steps.configure(one));
  await buildKernel({ ...request, steps: { ...request.steps, configure } });
  t.equal((await stat(dotConfig, { bigint: true })).mtimeNs, before);
  t.equal(configured, 0, 'a series that Kconfig does not read needs no new configuration');
  const kconfig = series('kconfig', replaceLine('mm/Kconfig', 3, '\tdefault y', '\tdefault n'));
  await buildKernel({ ...request, series: [kconfig], steps: { ...request.steps, configure } });
  t.equal(configured, 1);
});

t.test('a damaged kernel is refused by name, and removing it helps', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const { kernel } = await buildKernel(fakeRequest(tree, join(dir, 'cache')));
  const entry = join(dir, 'cache', 'kernels', kernel.id);
  const image = await readFile(kernel.bzImage);
  await writeFile(kernel.bzImage, Buffer.concat([image, Buffer.from('x')]));
  const build = () => buildKernel(fakeRequest(tree, join(dir, 'cache')));
  await t.rejects(build(), {
    name: 'HostError',
    code: 'KERNEL_DAMAGED',
    message: new RegExp(`kernel ${kernel.id}.*bzImage has changed since the build`),
    hint: `rm -r ${entry}, then run again: it is rebuilt`,
  });
  await writeFile(kernel.bzImage, image);
  await rm(join(entry, 'kernel.json'));
  await t.rejects(build(), { code: 'KERNEL_DAMAGED', message: /kernel\.json is missing/ });
  await rm(entry, { recursive: true });
  const rebuilt = await build();
  t.equal(rebuilt.cached, false);
  t.equal(rebuilt.kernel.buildId, kernel.buildId);
});

t.test('two builds at once take turns', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const requests = [[], [oneFile]].map((one, index) =>
    fakeRequest(tree, join(dir, 'cache'), { series: one, variantId: `variant-${index}` }),
  );
  const results = await Promise.all(requests.map(buildKernel));
  t.same(
    results.map((result) => result.cached),
    [false, false],
  );
  t.not(results[0]?.kernel.codeSha256, results[1]?.kernel.codeSha256);
  const notes = requests.flatMap((request) => request.events).filter((event) => event.kind === 'note');
  t.match(notes, [
    {
      message: new RegExp(
        `^Waiting to build variant-[01]: process ${process.pid} on .* ` +
          `\\(build variant-[01]\\) since .* builds in this cache$`,
      ),
    },
  ]);
});

t.test('two that want the same kernel build it once', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  const results = await Promise.all([0, 1].map(() => buildKernel(fakeRequest(tree, join(dir, 'cache')))));
  t.same(results.map((result) => result.cached).sort(), [false, true]);
});

t.test('notes and configurations that are damaged are as missing', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const cache = join(dir, 'cache');
  const tree = await fakeTree(join(dir, 'src'));
  const stock = await buildKernel(fakeRequest(tree, cache));
  const [config = ''] = (await readdir(join(cache, 'configs'))).filter((name) => !name.endsWith('.sha256'));
  const running = join('trees', tree.id, 'running.json');
  const damages: readonly Readonly<Record<string, string>>[] = [
    { [join('configs', config)]: '', [running]: '', 'trees/efforts.json': 'null' },
    {
      [join('configs', config)]: 'CONFIG_SW',
      [running]: '{"session":"x"}',
      'trees/efforts.json': '{"fake-0123456789abcdef":{"warm":1}}',
    },
    { [join('configs', `${config}.sha256`)]: '' },
  ];
  for (const damage of damages) {
    for (const [file, content] of Object.entries(damage)) await writeFile(join(cache, file), content);
    await rm(join(cache, 'kernels', stock.kernel.id), { recursive: true });
    const next = await buildKernel(fakeRequest(tree, cache));
    t.equal(next.kernel.id, stock.kernel.id);
    t.equal(await readFile(next.kernel.config ?? '', 'utf8'), 'CONFIG_SWAP=y\n');
  }
});

t.test('what something wrote into the working copy neither reaches the tree nor a kernel', async (t) => {
  const dir = t.testdir({ src: {}, cache: {} });
  const tree = await fakeTree(join(dir, 'src'));
  await symlink('mm', join(tree.path, 'link'));
  const work = join(dir, 'cache', 'trees', tree.id, 'work');
  const build = (variantId: string, one: ReturnType<typeof series>[] = []) =>
    buildKernel(fakeRequest(tree, join(dir, 'cache'), { variantId, series: one }));
  const stock = await build('stock');
  const pristine = await readFile(join(tree.path, 'mm/swapfile.c'), 'utf8');
  // As an editor or a tool of the tree that writes in place.
  const edit = async (): Promise<void> => {
    await writeFile(join(work, 'mm/swapfile.c'), pristine.replace('swap_map = 0', 'swap_map = 9'));
    await writeFile(join(work, 'mm/extra.c'), 'int extra;\n');
    await rm(join(work, 'link'));
    await rm(join(work, 'mm/memory.c'));
  };
  await edit();
  t.equal(await readFile(join(tree.path, 'mm/swapfile.c'), 'utf8'), pristine);
  await rm(join(dir, 'cache/kernels', stock.kernel.id), { recursive: true });
  const again = await build('stock');
  t.equal(again.kernel.codeSha256, stock.kernel.codeSha256);
  t.equal(await readlink(join(work, 'link')), 'mm');
  t.notOk(await exists(join(work, 'mm/extra.c')));

  const request = fakeRequest(tree, join(dir, 'cache'), { series: [oneFile] });
  const onEvent: typeof request.onEvent = (event) => {
    if (event.kind === 'phase' && event.name === 'build') void edit();
  };
  await t.rejects(buildKernel({ ...request, onEvent }), {
    name: 'HostError',
    code: 'CACHE_DAMAGED',
    hint: 'run again: the working copy is put right',
  });
  t.same(await readdir(join(dir, 'cache/kernels')), [stock.kernel.id]);
  t.not((await build('v5a', [oneFile])).kernel.codeSha256, stock.kernel.codeSha256);
});
