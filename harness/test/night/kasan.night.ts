import { join } from 'node:path';
import t from 'tap';
import { BACKENDS } from '../../interleave/backends.ts';
import { replay } from '../../interleave/replay.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import { outcomeKey } from '../../model/race-map.ts';
import { withPlacement } from '../../pipeline/place.ts';
import { booted, kernelOf, labFor, never, shippedPlan, shippedSchedule, swaprace } from '../kernel/lab.ts';

const ATTEMPTS = 3;

for (const name of ['swap-cache-freed', 'cluster-info-freed', 'swap-map-read', 'swap-map-unpublished']) {
  t.test(`unpatched under KASAN: what ${name} expects comes at every attempt`, async (t) => {
    const kernel = await kernelOf(await shippedPlan('kasan'), 'unpatched');
    const schedule = await shippedSchedule(name);
    await booted(t.name);
    const options = { attempts: ATTEMPTS, source: sourceLookup(kernel.vmlinux), signal: never };
    const scene = { path: schedule.path, backend: BACKENDS[schedule.backend] };
    const { results, met } = await withPlacement(kernel, await labFor(kernel), never, (placement) => replay(placement, schedule, options), scene);
    const seen = results.map(({ outcome }) => outcomeKey(outcome)).join('; ');
    t.comment(`${name}: ${seen}`);
    t.equal(met, ATTEMPTS, seen);
  });
}

t.test('under KASAN the control’s crash is a report of the sanitizer or a NULL dereference, and is the target', async (t) => {
  await booted(t.name);
  const run = await swaprace(['run', 'kasan', '--accel', 'tcg', '--results', join(t.testdir(), 'results')]);
  t.comment(run.stdout);
  t.equal(run.exitCode, 0, run.all);
  t.match(run.stdout, /weakened: +reproduced/);
});
