// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { replay, type Replay } from '../../interleave/replay.ts';
import { sceneOf, type Schedule } from '../../interleave/schedule.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import { outcomeKey } from '../../model/race-map.ts';
import { withPlacement } from '../../probe/place/guest.ts';
import { readRace } from '../../race/read.ts';
import { guestsDir } from '../race/shipped.ts';
import { booted, kernelOf, labFor, never, root, shippedPlan, shippedSchedule } from '../kernel/lab.ts';

const ATTEMPTS = 5;

async function replayed(planName: string, variant: string, schedule: Schedule): Promise<Replay> {
  const kernel = await kernelOf(await shippedPlan(planName), variant);
  await booted(t.name);
  const options = { attempts: ATTEMPTS, source: sourceLookup(kernel.vmlinux, never), signal: never };
  const scene = sceneOf(schedule, readRace(guestsDir, schedule.race));
  return withPlacement(kernel, await labFor(kernel), never, (placement) => replay(placement, schedule, options), scene);
}

t.test('swapcache-skip: its schedule shows it at every attempt, and never where the fix is', async (t) => {
  const schedule = await shippedSchedule('lost-write');
  const unfixed = await replayed('swapcache-skip', 'unfixed', schedule);
  t.equal(unfixed.met, ATTEMPTS, unfixed.results.map(({ outcome }) => outcomeKey(outcome)).join('; '));
  const stock = await replayed('swapcache-skip', 'stock', schedule);
  t.equal(stock.met, 0, stock.results.map(({ outcome }) => outcomeKey(outcome)).join('; '));
});

t.test('every shipped race has a plan and a schedule', async (t) => {
  const schedules = join(root, 'kernel-configs/schedules');
  const names = readdirSync(schedules).map((file) => file.replace('.yaml', ''));
  const races = await Promise.all(names.map(async (name) => (await shippedSchedule(name)).race));
  for (const race of ['swapoff', 'swapcache-skip', 'synthetic-events']) t.ok(races.includes(race), race);
});
