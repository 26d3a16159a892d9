// SPDX-License-Identifier: GPL-2.0-only
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { run } from '../../host/process.ts';
import { booted, kernelOf, shippedPlan, swaprace } from '../kernel/lab.ts';

/** The version and the names of all tasks, from the core. */
const DRGN = `
from drgn.helpers.linux.pid import for_each_task
print('release', prog['init_uts_ns'].name.release.string_().decode())
print('tasks', sorted({task.comm.string_().decode() for task in for_each_task(prog)}))
`;

t.test('crash and drgn read a core of the plan for them', async (t) => {
  await booted(t.name);
  const core = join(t.testdir(), 'core');
  const replayed = await swaprace([
    'interleave',
    'replay',
    'swap-map-gone',
    'weakened',
    '--plan',
    'core',
    '--attempts',
    '1',
    '--dump',
    core,
  ]);
  t.equal(replayed.exitCode, 0, replayed.all);
  const { vmlinux } = await kernelOf(await shippedPlan('core'), 'weakened');

  const crash = await run('crash', ['-s', vmlinux, core], { stdin: 'log\nps\nquit\n' });
  t.match(crash.stdout, /NULL pointer dereference/, 'the log ends in what the schedule expects');
  t.match(crash.stdout, /interleave/, 'and the placed program is among the tasks');

  const script = join(t.testdirName, 'tasks.py');
  await writeFile(script, DRGN);
  const drgn = await run('drgn', ['-q', '-c', core, '-s', vmlinux, script]);
  t.match(drgn.stdout, /release 6\.1\./, drgn.stderr);
  t.match(drgn.stdout, /'interleave'/, drgn.stderr);
});
