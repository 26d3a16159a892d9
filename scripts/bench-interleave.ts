// SPDX-License-Identifier: GPL-2.0-only
/**
 * How fast points are explored, and where the time goes.
 *
 * npm run bench:interleave -- [--plan default] [--points 40] [VARIANT…]
 */
import { parseArgs } from 'node:util';
import { DEFAULT_TIMES, holdMeanwhile, release, type Interleaving } from '../harness/interleave/attempt.ts';
import { tracePath } from '../harness/interleave/path.ts';
import { choosePoints } from '../harness/interleave/points.ts';
import { ANCHOR, HELD, type Placement } from '../harness/interleave/prepare.ts';
import { PathWalker } from '../harness/interleave/walk.ts';
import type { HoldKind } from '../harness/model/interleave.ts';
import type { Kernel } from '../harness/model/kernel.ts';
import { buildKernels } from '../harness/lab/kernels.ts';
import { openLab, type Lab } from '../harness/lab/lab.ts';
import { withPlacement } from '../harness/probe/place/guest.ts';
import { findPlan, loadPlan } from '../harness/plan/load.ts';
import { workspace } from '../harness/host/workspace.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    plan: { type: 'string', default: 'default' },
    points: { type: 'string', default: '40' },
  },
});
const variants = positionals.length > 0 ? positionals : ['weakened', 'unpatched'];
const signal = new AbortController().signal;
const emit = (): void => undefined;
const place = workspace();
const plan = await loadPlan(await findPlan(values.plan, place), place);

/** Milliseconds by what they were spent on. */
interface Spent {
  restore: number;
  save: number;
  walk: number;
  hold: number;
  release: number;
}

for (const variant of variants) {
  const { kernel, lab } = await ready(variant);
  for (const hold of ['preempt', 'stall'] as const)
    console.log(await withPlacement(kernel, lab, signal, (placement) => timePoints(placement, variant, hold)));
}

async function ready(variant: string): Promise<{ readonly kernel: Kernel; readonly lab: Lab }> {
  const { kernels, troubles } = await buildKernels(
    plan.variants.filter(({ id }) => id === variant),
    { cacheDir: place.cacheDir, offline: false, signal, emit },
  );
  const kernel = kernels[variant];
  if (kernel === undefined) throw new Error(troubles[0]?.message ?? `the plan ${plan.name} has no variant ${variant}`);
  return {
    kernel,
    lab: await openLab(kernel, { workspace: place, offline: false, accelerator: 'tcg', signal, emit }),
  };
}

/** Points spread over the whole path, as an exploration takes them. */
async function timePoints(placement: Placement, variant: string, hold: HoldKind): Promise<string> {
  const spent: Spent = { restore: 0, save: 0, walk: 0, hold: 0, release: 0 };
  const timed = timedSnapshots(placement, spent);
  await timed.machine.snapshots.load(ANCHOR);
  timed.runner.restored();
  const { points } = await tracePath(timed.machine.vcpus, HELD, timed.symbols, timed.path.limits, signal);
  const chosen = choosePoints(points, {
    kind: 'every',
    count: Math.max(1, Math.floor(points.length / Number(values.points))),
  });
  const walker = new PathWalker(timed);
  const interleaving: Interleaving = { hold, contenderTo: null };
  Object.assign(spent, { restore: 0, save: 0 });
  const startedAt = performance.now();
  for (const point of chosen) {
    const beforeWalk = spent.restore + spent.save;
    await clocked(spent, 'walk', () => walker.goTo(point));
    spent.walk -= spent.restore + spent.save - beforeWalk;
    const held = await clocked(spent, 'hold', () => holdMeanwhile(timed, interleaving, DEFAULT_TIMES));
    await clocked(spent, 'release', () => release(timed, held, interleaving, DEFAULT_TIMES));
  }
  const total = performance.now() - startedAt;
  const shares = Object.entries(spent).map(
    ([what, ms]) => `${what} ${((100 * ms) / total).toFixed(0)} % (${(ms / chosen.length).toFixed(0)} ms per point)`,
  );
  const rate = ((60_000 * chosen.length) / total).toFixed(0);
  return `${variant}, ${hold}: ${rate} points per minute (${chosen.length} of ${points.length}): ${shares.join(', ')}`;
}

async function clocked<T>(spent: Spent, what: keyof Spent, operation: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await operation();
  } finally {
    spent[what] += performance.now() - startedAt;
  }
}

function timedSnapshots(placement: Placement, spent: Spent): Placement {
  const { snapshots } = placement.machine;
  const machine = {
    ...placement.machine,
    snapshots: {
      save: (name: string) => clocked(spent, 'save', () => snapshots.save(name)),
      load: (name: string) => clocked(spent, 'restore', () => snapshots.load(name)),
    },
  };
  return { ...placement, machine };
}
