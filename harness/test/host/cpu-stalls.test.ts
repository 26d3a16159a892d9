// SPDX-License-Identifier: GPL-2.0-only
import { execa } from 'execa';
import t from 'tap';
import { cpuStalls } from '../../host/cpu-stalls.ts';
import { allowedCores } from '../../machine/dedicated.ts';

const signal = new AbortController().signal;

t.test('a core that another program shares is seen to stall', async (t) => {
  const core = (await allowedCores())[0] as number;
  const rival = execa('taskset', ['-c', String(core), 'sh', '-c', 'while :; do :; done'], { reject: false });
  try {
    const [stalled] = await cpuStalls([core], { seconds: 1, leastMs: 1, signal });
    t.equal(stalled?.core, core);
    const stopsMs = stalled?.stopsMs ?? [];
    t.ok(stopsMs.length > 5, `the rival gets slices: ${stopsMs.length}`);
    t.ok(stopsMs.every((ms) => ms >= 1));
  } finally {
    rival.kill('SIGKILL');
    await rival;
  }
});

t.test('a core that may not be used is the host’s fault', async (t) => {
  await t.rejects(cpuStalls([4096], { seconds: 1, leastMs: 1, signal }), { fault: 'host', message: /taskset/ });
});
