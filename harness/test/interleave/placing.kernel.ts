import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { countOutcomes } from '../../model/race-map.ts';
import { replay } from '../../interleave/replay.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import { parseSchedule } from '../../interleave/schedule.ts';
import { withPlacement } from '../../pipeline/place.ts';
import { booted, exploreOnce, kernelOf, labFor, never, root, shippedPlan } from '../kernel/lab.ts';

const SCHEDULE = 'swap-map-gone.yaml';
const ATTEMPTS = 5;

t.test('weakened: a schedule hits at every attempt, and functions as points show the windows', async (t) => {
  const kernel = await kernelOf(await shippedPlan('short'), 'weakened');
  const lab = await labFor(kernel);
  await booted(t.name);
  await withPlacement(kernel, lab, never, async (placement) => {
    t.equal(placement.starved, null, 'a hold outside of critical sections starves nothing');
    const schedule = parseSchedule(readFileSync(join(root, 'kernel-configs/schedules', SCHEDULE), 'utf8'), SCHEDULE);
    const replayed = await replay(placement, schedule, { attempts: ATTEMPTS, source: sourceLookup(kernel.vmlinux), signal: never });
    t.equal(replayed.met, ATTEMPTS);
  });
  const map = await exploreOnce(kernel, 'weakened', t.testdir(), {});
  t.ok(countOutcomes(map).oops > map.exploredPoints / 2);
  const signatures = map.windows.flatMap(({ outcomes }) => outcomes.map((outcome) => (outcome.kind === 'oops' ? outcome.signature : '')));
  for (const func of ['__swp_swapcount', '__swap_duplicate']) t.ok(signatures.some((signature) => signature.includes(func)), func);
  t.ok(map.windows.every(({ firstSource }) => firstSource.length > 0));
});
