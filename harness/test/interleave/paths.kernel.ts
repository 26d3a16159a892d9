// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import { replay } from '../../interleave/replay.ts';
import { parseSchedule } from '../../interleave/schedule.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import { defaultScene, withPlacement } from '../../probe/place/guest.ts';
import type { RaceMap } from '../../probe/place/map.ts';
import type { PlaceSpec } from '../../probe/place/spec.ts';
import { kindCounts } from '../../probe/place/words.ts';
import { backendOf, guestsDir } from '../race/shipped.ts';
import { booted, exploreOnce, kernelOf, labFor, never, shippedPlan } from '../kernel/lab.ts';

const ATTEMPTS = 2;
const plan = await shippedPlan('default');

function signatures(map: RaceMap): string {
  return map.windows
    .flatMap(({ outcomes }) => outcomes.map((outcome) => (outcome.kind === 'oops' ? outcome.signature : outcome.kind)))
    .join('\n');
}

t.test('stock over tmpfs: the read-ahead hang is found by holding the fault before it', async (t) => {
  const kernel = await kernelOf(plan, 'stock');
  const lab = await labFor(kernel);
  await booted(t.name);
  const schedule = parseSchedule(
    ['name: ra', 'path: shmem', 'hold: {at: shmem_swapin, how: preempt}']
      .concat('expect: {kind: hang, matches: swap_cluster_readahead}')
      .join('\n'),
    'ra',
  );
  const options = { attempts: ATTEMPTS, source: sourceLookup(kernel.vmlinux, never), signal: never };
  const replayed = await withPlacement(kernel, lab, never, (placement) => replay(placement, schedule, options), {
    ...defaultScene(guestsDir),
    path: 'shmem',
  });
  t.equal(replayed.met, ATTEMPTS);
  t.match(replayed.results[0]?.outcome, { kind: 'hang', backtraces: { held: /swap_cluster_readahead/ } });
});

t.test('unpatched: other paths and backends show their own windows', async (t) => {
  const kernel = await kernelOf(plan, 'unpatched');
  const dir = t.testdir({});
  const map = async (path: string, backend: string, more: Partial<PlaceSpec> = {}): Promise<RaceMap> => {
    await booted(`${path} ${backend}`);
    return exploreOnce(kernel, 'unpatched', join(dir, `${path}-${backend}-${Object.keys(more).join('-')}`), {
      path,
      backend: backendOf(backend),
      hold: 'stall',
      ...more,
    });
  };
  t.match(signatures(await map('look-up', 'rotational')), /find_get_incore_page/);
  t.match(signatures(await map('fault', 'zram')), /__swap_count/);

  const counted = await map('count', 'rotational', { points: { kind: 'all' }, mergeSeed: 'a' });
  t.equal(kindCounts(counted).oops, 0, 'the page table’s lock pins the entry');
  t.ok(counted.merged !== null && counted.merged.represented > 0 && counted.merged.checked > 0);
  t.same(counted.merged?.differences, []);

  const after = await map('fault', 'rotational', { entries: ['swap_readpage', 'swap_free'] });
  t.match(after, {
    anchor: '__swap_duplicate returned',
    pointsAre: 'function entries',
    exploredPoints: after.pathPoints,
  });
  t.ok(after.pathPoints > 1);
});
