// SPDX-License-Identifier: GPL-2.0-only
import { cp, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { sweepLeftovers, tempDirPrefix } from '../../host/temp-dir.ts';
import { auditRun } from '../../run/stored.ts';
import { workspace } from '../../host/workspace.ts';
import { booted, kernelOf, never, qemusOf, root, shippedPlan, swaprace } from './lab.ts';

const place = workspace();
const plan = await shippedPlan('short');
for (const { id } of plan.variants) await kernelOf(plan, id);

async function onlyRun(t: Test, results: string): Promise<string> {
  const runs = (await readdir(results)).filter((name) => !name.startsWith('.'));
  t.equal(runs.length, 1, 'one run, one folder');
  return join(results, runs[0] as string);
}

t.test('the short plan: the control crashes, the fixed kernels do not; its run can be audited', async (t) => {
  await booted(t.name);
  const results = t.testdir();
  const run = await swaprace(['run', 'short', '--accel', 'tcg', '--results', results]);
  t.equal(run.exitCode, 0, run.all);
  t.match(run.stdout, /weakened: +reproduced/);
  const dir = await onlyRun(t, results);
  t.match(await auditRun(dir, place, never), { problems: [] });

  const victim = (await readdir(join(dir, 'steps'))).sort()[0] as string;
  for (const file of [
    'run.json',
    'verdict.json',
    'report.txt',
    'SHA256SUMS',
    `steps/${victim}/console.log`,
    `steps/${victim}/step.json`,
  ]) {
    const path = join(dir, file);
    const bytes = await readFile(path);
    const edited = Buffer.from(bytes);
    const at = Math.floor(edited.length / 2);
    edited[at] = (edited[at] as number) ^ 1;
    await writeFile(path, edited);
    t.not((await auditRun(dir, place, never)).problems.length, 0, `one bit of ${file}`);
    await writeFile(path, bytes);
  }
  t.match(await auditRun(dir, place, never), { problems: [] });

  const report = await swaprace(['report', dir]);
  t.equal(report.stdout.trim(), (await readFile(join(dir, 'report.txt'), 'utf8')).trim());
  t.equal((await swaprace(['audit', dir])).exitCode, 0);
});

t.test('a plan that calls the control a fix fails, and says which expectation', async (t) => {
  await booted(t.name);
  const run = await swaprace(['run', 'swapped', '--accel', 'tcg', '--results', t.testdir()]);
  t.equal(run.exitCode, 1, run.all);
  t.match(run.stdout, /expected not-reproduced/);
});

/** A cache of its own with the same kernels, hard-linked; `change` may spoil it. */
async function copiedCache(dir: string, change: (kernels: string) => Promise<void>): Promise<string> {
  const cache = join(dir, 'cache');
  await mkdir(cache);
  for (const name of await readdir(place.cacheDir)) {
    if (name === 'kernels' || name === 'tmp') continue;
    await symlink(join(place.cacheDir, name), join(cache, name));
  }
  await mkdir(join(cache, 'kernels'));
  for (const { id } of plan.variants) {
    const kernel = await kernelOf(plan, id);
    await cp(join(place.cacheDir, 'kernels', kernel.id), join(cache, 'kernels', kernel.id), { recursive: true });
  }
  await change(join(cache, 'kernels'));
  return cache;
}

t.test('two kernels swapped in the cache are detected', async (t) => {
  const [first, second] = await Promise.all(plan.variants.slice(0, 2).map(({ id }) => kernelOf(plan, id)));
  // One call of testdir a test: a second one would empty the first's folder.
  const dir = t.testdir();
  const cache = await copiedCache(dir, async (kernels) => {
    const [a, b] = [join(kernels, first!.id, 'bzImage'), join(kernels, second!.id, 'bzImage')];
    await rename(a, `${a}.aside`);
    await rename(b, a);
    await rename(`${a}.aside`, b);
  });
  const run = await swaprace(['run', 'short', '--accel', 'tcg', '--results', join(dir, 'results')], {
    env: { SWAPRACE_CACHE: cache },
  });
  t.equal(run.exitCode, 128, run.all);
  t.match(run.all ?? '', /bzImage/);
});

t.test('two runs at once do not disturb each other', async (t) => {
  await booted(t.name);
  const results = t.testdir();
  const args = ['stress', 'weakened', '--plan', 'short', '--accel', 'tcg', '--seconds', '20', '--results'];
  const runs = await Promise.all([swaprace([...args, results]), swaprace([...args, results])]);
  for (const run of runs) t.equal(run.exitCode, 0, run.all);
  t.equal((await readdir(results)).length, 2);
});

/** Starts a run and, once `until` stands in what it says, sends it a signal. */
async function signalled(
  args: readonly string[],
  until: RegExp,
  signal: NodeJS.Signals,
  env: Record<string, string> = {},
) {
  const run = execa(join(root, 'scripts/swaprace'), args, { reject: false, all: true, env });
  let said = '';
  await new Promise<void>((resolve) => {
    run.all?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (until.test(said)) resolve();
    });
    void run.then(() => resolve());
  });
  run.kill(signal);
  const result = await run;
  return { ...result, pid: run.pid };
}

t.test('Ctrl-C during a trial: 130, a whole run, no QEMU', async (t) => {
  await booted(t.name);
  const results = t.testdir();
  const run = await signalled(['run', 'short', '--accel', 'tcg', '--results', results], /accelerator: tcg/, 'SIGINT');
  t.equal(run.exitCode, 130, run.all);
  const dir = await onlyRun(t, results);
  t.match(await auditRun(dir, place, never), { problems: [] });
  t.same(await qemusOf(tempDirPrefix('run', run.pid as number)), []);
});

t.test('Ctrl-C during a build: 130, and the cache holds nothing half-made', async (t) => {
  const dir = t.testdir();
  const cache = await copiedCache(dir, (kernels) => rm(join(kernels), { recursive: true }));
  const run = await signalled(['run', 'short', '--results', join(dir, 'r')], /run: /, 'SIGINT', {
    SWAPRACE_CACHE: cache,
  });
  t.equal(run.exitCode, 130, run.all);
  t.same(await readdir(join(cache, 'kernels')).catch(() => []), []);
});

t.test('a harness that is killed takes its guests with it, and the next run clears up', async (t) => {
  await booted(t.name);
  const results = t.testdir();
  const run = await signalled(
    ['run', 'short', '--accel', 'tcg', '--results', results],
    /anon-weakened-\d+: reproduced/,
    'SIGKILL',
  );
  const mark = tempDirPrefix('run', run.pid as number);
  let left = await qemusOf(mark);
  for (let tries = 0; tries < 50 && left.length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    left = await qemusOf(mark);
  }
  t.same(left, []);
  await sweepLeftovers();
  t.same(
    (await readdir(tmpdir())).filter((name) => name.startsWith(mark)),
    [],
    'keys and images are gone',
  );
});

t.test('a full disk is the host’s fault and no verdict', async (t) => {
  await booted(t.name);
  const dir = t.testdir({ small: {} });
  const small = join(dir, 'small');
  const mounted = await execa('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], { reject: false });
  if (mounted.exitCode !== 0) return void t.pass('a full disk', { skip: 'mounting a small disk needs root' });
  try {
    const run = await swaprace(['run', 'short', '--accel', 'tcg', '--results', small]);
    t.equal(run.exitCode, 128, run.all);
    t.match(run.all ?? '', /full|ENOSPC|no space/i);
  } finally {
    await execa('umount', [small]);
  }
});
