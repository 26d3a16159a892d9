// SPDX-License-Identifier: GPL-2.0-only
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { startTime } from '../../host/proc-stat.ts';
import { start } from '../../host/process.ts';
import { makePrivateDir, makeTempDir, sweepLeftovers, tempDirPrefix } from '../../host/temp-dir.ts';

t.test('a folder goes with its owner', async (t) => {
  const dir = await makePrivateDir();
  t.ok(dir.path.length < 80, 'short enough for unix sockets');
  await dir[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
  await t.rejects(readdir(dir.path));
});

const otherScope = (label: string): string => tempDirPrefix(label, process.pid).replace(/[0-9a-f]{8}/, '00000000');
const PRIVATE = { mode: 0o700 };

t.test('leftovers of the dead are removed, whatever their label, and nothing else is', async (t) => {
  const base = t.testdir();
  const own = startTime(process.pid);
  const leftovers = [
    `${tempDirPrefix('cc', 999_999_999)}5-x`,
    // A process id that came again is another process.
    `${tempDirPrefix('bench', process.pid)}1-x`,
  ];
  const kept = [
    `${tempDirPrefix('run', process.pid)}${own}-x`,
    // Processes of another host or container are not visible from here, and this one has no lock to look at.
    `${otherScope('cc')}1-x`,
    'swaprace-notes',
  ];
  for (const name of [...leftovers, ...kept]) await mkdir(join(base, name), PRIVATE);
  await mkdir(join(base, leftovers[0] as string, 'deep/er'), { recursive: true });
  t.same((await sweepLeftovers(base)).map((path) => basename(path)).sort(), leftovers.sort());
  t.same((await readdir(base)).sort(), kept.sort());

  await mkdir(join(base, leftovers[0] as string), PRIVATE);
  await using dir = await makeTempDir(base, 'build');
  t.same((await readdir(base)).sort(), [...kept, basename(dir.path)].sort(), 'making one sweeps');
});

t.test('what others may have put there is left', async (t) => {
  const base = t.testdir({ victim: { file: 'x' } });
  const dead = (label: string): string => join(base, `${tempDirPrefix(label, 999_999_999)}5-x`);
  await symlink(join(base, 'victim'), dead('link'));
  await writeFile(dead('file'), '');
  await mkdir(dead('open'), { mode: 0o755 });
  await mkdir(dead('sticky'));
  await chmod(dead('sticky'), 0o1700);
  if (process.getuid?.() === 0) {
    await mkdir(dead('theirs'), PRIVATE);
    await chown(dead('theirs'), 65534, 65534);
  }
  const before = await readdir(base);
  t.same(await sweepLeftovers(base), []);
  t.same(await readdir(base), before);
  // Inside a folder of one's own, links are removed and not followed.
  await mkdir(dead('own'), PRIVATE);
  await symlink(join(base, 'victim'), join(dead('own'), 'link'));
  t.same(await sweepLeftovers(base), [dead('own')]);
  t.same(await readdir(join(base, 'victim')), ['file']);
});

t.test('a live owner in another container is seen by its lock, a dead one as well', async (t) => {
  const base = t.testdir();
  const code = `import { makeTempDir } from ${JSON.stringify(new URL('../../host/temp-dir.ts', import.meta.url).href)};
    console.log((await makeTempDir(${JSON.stringify(base)}, 'run')).path); setInterval(() => {}, 1000);`;
  const script = join(base, 'owner.mjs');
  await writeFile(script, code);
  const owner = start(process.execPath, ['--import=tsx', script]);
  const [path] = (await once(owner.stdout.setEncoding('utf8'), 'data')) as [string];
  const theirs = join(base, `${otherScope('run')}1-x`);
  await rename(path.trim(), theirs);
  t.same(await sweepLeftovers(base), [], 'it lives');
  owner.kill('SIGKILL');
  await owner;
  for (let tries = 0; (await readdir(base)).includes(basename(theirs)) && tries < 100; tries++) {
    await sweepLeftovers(base);
    await sleep(50);
  }
  t.same(await readdir(base), ['owner.mjs']);
});

t.test('a temporary folder whose path QEMU, ssh or a socket cannot take is refused at once', async (t) => {
  const before = process.env['TMPDIR'];
  t.teardown(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  const base = await mkdtemp('/tmp/td-');
  t.teardown(() => rm(base, { recursive: true }));
  for (const [name, why] of [
    ['a,b', /characters/],
    ['a b', /characters/],
    ['a%b', /characters/],
    ['long'.repeat(20), /too long/],
    ['none/such', /ENOENT/],
  ] as const) {
    if (name !== 'none/such') await mkdir(join(base, name));
    process.env['TMPDIR'] = join(base, name);
    await t.rejects(makePrivateDir(), { name: 'HostError', code: 'NO_PRIVATE_DIR', message: why }, name);
  }
  await mkdir(join(base, 'ok'));
  await symlink(join(base, 'ok'), join(base, 'a, link'));
  process.env['TMPDIR'] = join(base, 'a, link');
  await using dir = await makePrivateDir();
  t.equal(dirname(dir.path), join(base, 'ok'), 'the real path is used');
  process.env['TMPDIR'] = relative(process.cwd(), join(base, 'ok'));
  await using other = await makePrivateDir();
  t.ok(isAbsolute(other.path));
});
