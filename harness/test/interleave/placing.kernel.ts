// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { explore } from '../../interleave/explore.ts';
import type { Placement } from '../../interleave/prepare.ts';
import type { ExploredPath, PointResult } from '../../model/interleave.ts';
import { outcomeKey, pointName } from '../../model/race-map.ts';
import { replay } from '../../interleave/replay.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import { parseSchedule } from '../../interleave/schedule.ts';
import { withPlacement } from '../../probe/place/guest.ts';
import { mapOf, type RaceMap } from '../../probe/place/map.ts';
import { disagreeing, kindCounts, mapSentence } from '../../probe/place/words.ts';
import { makeFinding, makePlaceSpec } from '../probe/place/fixtures/make.ts';
import { booted, exploreOnce, kernelOf, labFor, never, root, shippedPlan, swaprace } from '../kernel/lab.ts';

const SCHEDULE = 'swap-map-gone.yaml';
const ATTEMPTS = 5;

t.test('weakened: a schedule hits at every attempt, and functions as points show the windows', async (t) => {
  const kernel = await kernelOf(await shippedPlan('short'), 'weakened');
  const lab = await labFor(kernel);
  await booted(t.name);
  await withPlacement(kernel, lab, never, async (placement) => {
    t.equal(placement.starved, null, 'a hold outside of critical sections starves nothing');
    const schedule = parseSchedule(readFileSync(join(root, 'kernel-configs/schedules', SCHEDULE), 'utf8'), SCHEDULE);
    const replayed = await replay(placement, schedule, {
      attempts: ATTEMPTS,
      source: sourceLookup(kernel.vmlinux, never),
      signal: never,
    });
    t.equal(replayed.met, ATTEMPTS);
  });
  const map = await exploreOnce(kernel, 'weakened', t.testdir(), {});
  t.ok(kindCounts(map).oops > map.exploredPoints / 2);
  const signatures = map.windows.flatMap(({ outcomes }) =>
    outcomes.map((outcome) => (outcome.kind === 'oops' ? outcome.signature : '')),
  );
  for (const func of ['__swp_swapcount', '__swap_duplicate'])
    t.ok(
      signatures.some((signature) => signature.includes(func)),
      func,
    );
  t.ok(map.windows.every(({ firstSource }) => firstSource.length > 0));
});

t.test(
  'the same exploration twice: the same points, held at the same places; where outcomes differ the map says so',
  async (t) => {
    const kernel = await kernelOf(await shippedPlan('short'), 'weakened');
    await booted(t.name);
    const runs = await withPlacement(
      kernel,
      await labFor(kernel),
      never,
      async (placement) => [await exploredOnce(placement), await exploredOnce(placement)] as const,
    );
    const [first, second] = runs;
    t.same(second.path.points, first.path.points);
    t.ok(first.results.length > 10);
    const placed = ({ results }: Explored) => results.map(({ point, landed }) => [pointName(point), landed]);
    t.same(placed(second), placed(first));
    const key = ({ outcome }: PointResult): string => outcomeKey(outcome);
    const differ = first.results.filter((result, at) => key(result) !== key(second.results[at] as PointResult)).length;
    const finding = makeFinding([...first.results, ...second.results], first.path);
    const map = mapOf(makePlaceSpec({ hold: 'stall' }), 'weakened', [finding]);
    t.equal(map === null ? null : disagreeing(map), differ);
  },
);

t.test('guests side by side explore what one does, each with its console', async (t) => {
  await booted(t.name);
  const results = t.testdir();
  const run = await swaprace([
    'interleave',
    'explore',
    'weakened',
    '--guests',
    '2',
    '--every',
    '60',
    '--repeats',
    '1',
    '--json',
    '--results',
    results,
  ]);
  t.equal(run.exitCode, 0, run.all);
  const map = JSON.parse(run.stdout) as RaceMap;
  // More where the guests' paths are not of one length: every 60th instruction of the one is another of the other.
  t.ok(map.exploredPoints >= Math.ceil(map.pathPoints / 60), mapSentence(map));
  t.equal(kindCounts(map).inconclusive, 0);
  const folder = join(/^run: (.*)$/m.exec(run.stderr)?.[1] ?? '', 'steps');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const consoles = names.filter((name) => /console\.\d+\.log$/.test(name)).length;
  t.ok(consoles >= 3, `two, and one for what only the last path has, and one for each that is lost: ${consoles}`);
});

t.test('a kernel that is not the one that was built is not placed, and an exploration of it says so', async (t) => {
  await booted(t.name);
  const plan = await shippedPlan('short');
  const [kernel, other] = [await kernelOf(plan, 'weakened'), await kernelOf(plan, 'stock')];
  // Symbols and build id of the one, image of the other.
  const swapped = { ...kernel, bzImage: other.bzImage };
  const refused = { code: 'WRONG_KERNEL', fault: 'boot', message: new RegExp(`build ${other.buildId}, not`) };
  await t.rejects(
    withPlacement(swapped, await labFor(kernel), never, async () => t.fail('it was placed')),
    refused,
  );
  await t.rejects(
    exploreOnce(swapped, 'weakened', t.testdir({}), {}),
    /"kind":"wrong-kernel".*not the one that was built/,
  );
});

interface Explored {
  readonly path: ExploredPath;
  readonly results: readonly PointResult[];
}

async function exploredOnce(placement: Placement): Promise<Explored> {
  const results: PointResult[] = [];
  let path: ExploredPath | null = null;
  await explore(placement, {
    ...{
      hold: 'stall',
      contenderTo: null,
      choice: { kind: 'every', count: 60 },
      repeats: 1,
      explored: new Set(),
      taken: new Set(),
      signal: never,
    },
    onPath: async (stepped) => void (path = stepped),
    onResult: async (result) => void results.push(result),
  });
  if (path === null) throw new Error('no path was stepped');
  return { path, results };
}
