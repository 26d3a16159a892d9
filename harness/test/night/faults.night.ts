// SPDX-License-Identifier: GPL-2.0-only
/**
 * A night of two hundred steps with a fault at every tenth: what it ends with, and what it leaves over. The faults
 * are real ones, chosen at random; SWAPRACE_FAULT_SEED chooses them again.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { workspace } from '../../host/workspace.ts';
import { stepSeed, type RunVerdict } from '../../model/probe.ts';
import { auditRun } from '../../run/stored.ts';
import { readNights } from '../../run/night-journal.ts';
import { booted, kernelOf, never, root, shippedPlan } from '../kernel/lab.ts';

const STEPS = 200;
const EVERY = 10;
const STOPPED_MS = 8_000;
const FULL_MS = 6_000;
const seed = Number(process.env['SWAPRACE_FAULT_SEED'] ?? Date.now() % 2 ** 31);

const plan = await shippedPlan('short');
for (const { id } of plan.variants) await kernelOf(plan, id);

const FAULTS = ['kill', 'interrupt', 'stop', 'kill QEMU', 'stop QEMU', 'disk full'] as const;
type Fault = (typeof FAULTS)[number];

/** Processes whose command line or environment's TMPDIR names a folder. */
async function processesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, environment] = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
    );
    if (Number(pid) !== process.pid && `${command}\0${environment}`.includes(folder)) {
      found.push(`${pid} ${command?.replaceAll('\0', ' ')}`);
    }
  }
  return found;
}

async function qemus(folder: string): Promise<number[]> {
  return (await processesOf(folder)).filter((line) => line.includes('qemu-system')).map((line) => parseInt(line, 10));
}

const signalAll = (pids: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone already.
    }
  }
};

t.test(`a night of ${STEPS} steps with a fault at every tenth (seed ${seed})`, async (t) => {
  await booted(t.name);
  const base = t.testdir({ disk: {} });
  const disk = join(base, 'disk');
  const isSmall =
    (await execa('mount', ['-t', 'tmpfs', '-o', 'size=2g', 'tmpfs', disk], { reject: false })).exitCode === 0;
  const [results, temporary] = [join(disk, 'results'), join(base, 'tmp')];
  await Promise.all([mkdir(results), mkdir(temporary)]);
  const planFile = join(base, 'faults.yaml');
  const text = await readFile(join(root, 'kernel-configs/plans/short.yaml'), 'utf8');
  const each = Math.ceil((STEPS - 4) / 2);
  await writeFile(
    planFile,
    text
      .replace('name: short', 'name: faults')
      .replace(/budget: \{.*\}/, `budget: {min-trials: ${each}, max-trials: ${each + 40}, seconds: 1}`),
  );
  const faults: Fault[] = [];
  const possible = FAULTS.filter((fault) => isSmall || fault !== 'disk full');
  let steps = 0;
  let starts = 0;
  let status: number | undefined;
  let summary = '';
  try {
    while (status === undefined && starts < 2 * STEPS) {
      starts++;
      const night = execa(
        process.execPath,
        ['--import', 'tsx', join(root, 'harness/cli/main.ts'), 'nightly', planFile, '--verbose', '--results', results],
        { reject: false, cwd: root, env: { TMPDIR: temporary }, all: true },
      );
      const doing: Promise<void>[] = [];
      const hurt = async (fault: Fault): Promise<void> => {
        const pid = night.pid as number;
        await sleep(stepSeed(seed, `delay ${faults.length}`) % 3_000);
        switch (fault) {
          case 'kill':
            return signalAll([pid], 'SIGKILL');
          case 'interrupt':
            return signalAll([pid], 'SIGINT');
          case 'stop':
            signalAll([pid], 'SIGSTOP');
            await sleep(STOPPED_MS);
            return signalAll([pid], 'SIGCONT');
          case 'kill QEMU':
            return signalAll(await qemus(temporary), 'SIGKILL');
          case 'stop QEMU': {
            const guests = await qemus(temporary);
            signalAll(guests, 'SIGSTOP');
            await sleep(STOPPED_MS);
            return signalAll(guests, 'SIGCONT');
          }
          case 'disk full': {
            const filler = join(disk, 'filler');
            await execa('sh', ['-c', 'exec dd if=/dev/zero of="$0" bs=1M', filler], { reject: false });
            await sleep(FULL_MS);
            await execa('rm', ['-f', filler]);
          }
        }
      };
      night.all.setEncoding('utf8').on('data', (said: string) => {
        for (const _step of said.matchAll(/^anon-\S+-\d+: /gm)) {
          if (++steps % EVERY !== 0) continue;
          const fault = possible[stepSeed(seed, `fault ${faults.length}`) % possible.length] as Fault;
          faults.push(fault);
          doing.push(hurt(fault));
        }
      });
      const ended = await night;
      await Promise.all(doing);
      if (ended.signal === undefined && ended.exitCode !== 130) {
        const unfinished = /the next night goes on with it/.test(ended.stdout);
        if (!unfinished) [status, summary] = [ended.exitCode, ended.stdout];
      }
    }
    t.comment(`${steps} steps, ${starts} starts, faults: ${faults.join(', ')}`);
    t.comment(summary);
    t.ok(faults.length >= STEPS / EVERY, `${faults.length} faults`);
    t.ok(new Set(faults).size > 2, 'of several kinds');
    t.ok(status === 0 || status === 128, `it ends by itself, with ${status}`);

    const runs = (await readdir(results)).filter((name) => /^\d{8}T/.test(name));
    t.equal(runs.length, 1, 'one run, however often it was stopped');
    const dir = join(results, runs[0] ?? '');
    t.match(await auditRun(dir, workspace(), never), { problems: [] }, 'every step is accounted for');
    const { probes } = JSON.parse(await readFile(join(dir, 'verdict.json'), 'utf8')) as RunVerdict;
    t.same(
      probes[0]?.variants.map(({ variant, outcome }) => [variant, outcome]),
      [
        ['weakened', 'target'],
        ['v5b+sites+ra', 'not-reproduced'],
        ['stock', 'not-reproduced'],
      ],
      'the verdicts of a night without faults',
    );
    t.ok((await readdir(join(dir, 'steps'))).length >= STEPS);
    const nights = await readNights(results);
    t.match(nights.at(-1)?.entries.at(-1), { kind: 'ended' });

    t.same(await processesOf(temporary), [], 'no process');
    t.same(await readdir(temporary), [], 'no temporary file, socket or lock');
    const hidden = (await readdir(results, { recursive: true })).filter((name) => /\.(tmp|partial|new)$/.test(name));
    t.same(hidden, [], 'nothing half-written');
    const ours = (await readdir(tmpdir())).filter((name) => name.startsWith('swaprace-'));
    t.same(ours.filter((name) => name.includes(`-${process.pid}-`)).length <= 1, true);
  } finally {
    if (isSmall) await execa('umount', ['-l', disk], { reject: false });
  }
});
