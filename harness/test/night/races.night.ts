// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { replay, type Replay } from '../../interleave/replay.ts';
import { parseSchedule, sceneOf, type Schedule } from '../../interleave/schedule.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import { outcomeKey } from '../../model/race-map.ts';
import { withPlacement } from '../../probe/place/guest.ts';
import { readRace } from '../../race/read.ts';
import { guestsDir } from '../race/shipped.ts';
import { booted, kernelOf, labFor, never, shippedPlan, shippedSchedule } from '../kernel/lab.ts';

const ATTEMPTS = 5;

async function replayed(planName: string, variant: string, schedule: Schedule): Promise<Replay> {
  const kernel = await kernelOf(await shippedPlan(planName), variant);
  await booted(t.name);
  const options = { attempts: ATTEMPTS, source: sourceLookup(kernel.vmlinux, never), signal: never };
  const scene = sceneOf(schedule, readRace(guestsDir, schedule.race));
  return withPlacement(kernel, await labFor(kernel), never, (placement) => replay(placement, schedule, options), scene);
}

t.test('synthetic-events: its schedule shows it at every attempt, and never where the fix is', async (t) => {
  const schedule = await shippedSchedule('last-cmd-freed-twice');
  const unfixed = await replayed('synthetic-events', 'unfixed', schedule);
  t.equal(unfixed.met, ATTEMPTS, unfixed.results.map(({ outcome }) => outcomeKey(outcome)).join('; '));
  const stock = await replayed('synthetic-events', 'stock', schedule);
  t.equal(stock.met, 0, stock.results.map(({ outcome }) => outcomeKey(outcome)).join('; '));
});

t.test('synthetic-events: a side may be a shell command', async (t) => {
  const schedule = parseSchedule(
    'name: a\nrace: synthetic-events\npath: echo\nhold: {at: kstrdup, how: preempt}\nmeanwhile: echo\nexpect: {kind: oops}\n',
    'a',
  );
  const { met, results } = await replayed('synthetic-events', 'unfixed', schedule);
  t.equal(met, ATTEMPTS, results.map(({ outcome }) => outcomeKey(outcome)).join('; '));
});
