// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import type { Placement } from '../../interleave/prepare.ts';
import { replay } from '../../interleave/replay.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import { outcomeKey } from '../../model/race-map.ts';
import { defaultScene, withPlacement } from '../../probe/place/guest.ts';
import { backendOf, guestsDir } from '../race/shipped.ts';
import { booted, kernelOf, labFor, never, shippedPlan, shippedSchedule, swaprace } from '../kernel/lab.ts';

const ATTEMPTS = 3;

/** By where the page is swapped to: what shares a guest. */
const SCHEDULES = {
  rotational: ['swap-cache-freed', 'swap-map-read', 'swap-map-unpublished'],
  'solid-state': ['cluster-info-freed'],
} as const;

for (const backend of ['rotational', 'solid-state'] as const) {
  t.test(`unpatched under KASAN, ${backend}: what the schedules expect comes at every attempt`, async (t) => {
    const kernel = await kernelOf(await shippedPlan('kasan'), 'unpatched');
    const options = { attempts: ATTEMPTS, source: sourceLookup(kernel.vmlinux, never), signal: never };
    const again = async (placement: Placement): Promise<void> => {
      for (const name of SCHEDULES[backend]) {
        const { results, met } = await replay(placement, await shippedSchedule(name), options);
        const seen = results.map(({ outcome }) => outcomeKey(outcome)).join('; ');
        t.comment(`${name}: ${seen}`);
        t.equal(met, ATTEMPTS, seen);
      }
    };
    await booted(t.name);
    await withPlacement(kernel, await labFor(kernel), never, again, {
      ...defaultScene(guestsDir),
      backend: backendOf(backend),
    });
  });
}

t.test(
  'under KASAN the control’s crash is a report of the sanitizer or a NULL dereference, and is the target',
  async (t) => {
    await booted(t.name);
    const run = await swaprace(['run', 'kasan', '--accel', 'tcg', '--results', join(t.testdir(), 'results')]);
    t.comment(run.stdout);
    t.equal(run.exitCode, 0, run.all);
    t.match(run.stdout, /weakened: +reproduced/);
  },
);
