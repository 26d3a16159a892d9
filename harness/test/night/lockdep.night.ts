// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { HELD, type Placement } from '../../interleave/prepare.ts';
import { replay } from '../../interleave/replay.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import type { HoldKind } from '../../model/interleave.ts';
import type { Kernel } from '../../model/kernel.ts';
import { outcomeKey } from '../../model/race-map.ts';
import { bootGuest } from '../../lab/boot.ts';
import { machineOf } from '../../probe/keys.ts';
import { withPlacement } from '../../probe/place/guest.ts';
import { kindCounts } from '../../probe/place/words.ts';
import { stressOf } from '../../probe/stress/of-plan.ts';
import { stressCommand } from '../../workload/command.ts';
import { booted, exploreOnce, kernelOf, labFor, never, shippedPlan, shippedSchedule, swaprace } from '../kernel/lab.ts';

const plan = await shippedPlan('lockdep');
const FIXES = ['v5a+sites+ra', 'v5b+sites+ra', 'rcu-5.3+ra', 'stock'];
const HOLDS: readonly HoldKind[] = ['stall', 'preempt'];
const ATTEMPTS = 2;
/** The path is several times that of a plain kernel. */
const EVERY = 400;

/** Lock validation turns itself off with its first report, and where its tables are full. */
async function validates(kernel: Kernel, { machine }: Placement): Promise<boolean> {
  const address = /^([0-9a-f]{16}) \w debug_locks$/m.exec(await readFile(kernel.systemMap ?? '', 'utf8'))?.[1];
  return (await machine.vcpus.readMemory(HELD, BigInt(`0x${address}`), 4)).readInt32LE(0) === 1;
}

for (const variant of FIXES) {
  t.test(`${variant} under lock validation: the shipped schedules report nothing`, async (t) => {
    const kernel = await kernelOf(plan, variant);
    const options = { attempts: ATTEMPTS, source: sourceLookup(kernel.vmlinux, never), signal: never };
    await booted(t.name);
    await withPlacement(kernel, await labFor(kernel), never, async (placement) => {
      for (const name of ['swap-map-gone', 'swap-cache-freed']) {
        const { results } = await replay(placement, await shippedSchedule(name), options);
        const seen = results.map(({ outcome }) => outcomeKey(outcome)).join('; ');
        t.comment(`${variant}, ${name}: ${seen}`);
        t.ok(
          results.every(({ outcome }) => ['waited', 'refused', 'ok'].includes(outcome.kind)),
          seen,
        );
        t.ok(await validates(kernel, placement), 'lock validation is on at the end');
      }
    });
  });

  for (const hold of HOLDS) {
    t.test(`${variant} under lock validation: every ${EVERY}th point, ${hold}`, async (t) => {
      await booted(t.name);
      const map = await exploreOnce(await kernelOf(plan, variant), variant, t.testdir(), {
        hold,
        points: { kind: 'every', count: EVERY },
      });
      const counts = kindCounts(map);
      t.comment(`${variant}, ${hold}: ${map.exploredPoints} of ${map.pathPoints} points, ${JSON.stringify(counts)}`);
      t.ok(map.exploredPoints > counts.inconclusive);
      t.equal(counts.oops + counts.corruption + counts.hang, 0, JSON.stringify(counts));
    });
  }
}

/** Runs a trial's workload, and asks the kernel itself what it makes of its locks. */
async function debugLocksAfterStress(variant: string): Promise<string> {
  const kernel = await kernelOf(plan, variant);
  const probe = stressOf(plan, undefined);
  const request = { kernel, guest: machineOf(probe), accelerator: 'tcg' } as const;
  await using guest = await bootGuest(request, await labFor(kernel), never);
  const workload = { ...probe, race: probe.race.name, seed: 1, seconds: probe.budget.trialSeconds };
  await guest.remote.exec(stressCommand(workload), { signal: never });
  const { stdout } = await guest.remote.exec('cat /proc/lockdep_stats', { signal: never });
  return /^ *debug_locks: +(\d)$/m.exec(stdout)?.[1] ?? stdout;
}

t.test('lock validation is on when a fix has been stressed, and off when a mutant has', async (t) => {
  await booted(t.name);
  t.equal(await debugLocksAfterStress('v5b+sites+ra'), '1');
  t.equal(await debugLocksAfterStress('v5b-lock-order'), '0');
});

t.test('the shipped plan: nothing is reported of the fixes, and both mutants are', async (t) => {
  await booted(t.name);
  const run = await swaprace(['run', 'lockdep', '--accel', 'tcg', '--results', join(t.testdir(), 'results')]);
  t.comment(run.stdout);
  t.equal(run.exitCode, 0, run.all);
  t.match(run.stdout, /possible deadlock/);
  t.match(run.stdout, /sleeping function called from invalid context/);
});
