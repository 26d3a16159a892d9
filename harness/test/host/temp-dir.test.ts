// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t from 'tap';
import { startTime } from '../../host/proc-stat.ts';
import { makePrivateDir, makeTempDir, sweepLeftovers, tempDirPrefix } from '../../host/temp-dir.ts';

t.test('a folder goes with its owner', async (t) => {
  const dir = await makePrivateDir();
  t.ok(dir.path.length < 80, 'short enough for unix sockets');
  await dir[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
  await t.rejects(readdir(dir.path));
});

t.test('leftovers of the dead are removed, whatever their label, and nothing else is', async (t) => {
  const base = t.testdir();
  const own = startTime(process.pid);
  const otherScope = tempDirPrefix('cc', process.pid).replace(/[0-9a-f]{8}/, '00000000');
  const leftovers = [
    `${tempDirPrefix('cc', 999_999_999)}5-x`,
    // A process id that came again is another process.
    `${tempDirPrefix('bench', process.pid)}1-x`,
  ];
  const kept = [
    `${tempDirPrefix('run', process.pid)}${own}-x`,
    // Processes of another host or container are not visible from here.
    `${otherScope}1-x`,
    'swaprace-notes',
  ];
  for (const name of [...leftovers, ...kept]) await mkdir(join(base, name));
  t.same((await sweepLeftovers(base)).map((path) => basename(path)).sort(), leftovers.sort());
  t.same((await readdir(base)).sort(), kept.sort());

  await mkdir(join(base, leftovers[0] as string));
  await using dir = await makeTempDir(base, 'build');
  t.same((await readdir(base)).sort(), [...kept, basename(dir.path)].sort(), 'making one sweeps');
});
