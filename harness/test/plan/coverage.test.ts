// SPDX-License-Identifier: GPL-2.0-only
/** The plans for the night run all that a race names. A new path or workload is listed there, or here. */
import { join } from 'node:path';
import t from 'tap';
import { workspace } from '../../host/workspace.ts';
import type { SwapBackend } from '../../model/guest.ts';
import type { Plan } from '../../model/plan.ts';
import { loadPlan } from '../../plan/load.ts';
import type { PlaceSpec } from '../../probe/place/spec.ts';
import type { StressSpec } from '../../probe/stress/spec.ts';
import { heldNames } from '../../race/operations.ts';
import { SWAPOFF } from '../race/shipped.ts';

/** Paths that swapoff waits for all the way: for a lock, or the count of the entry (docs/interleave.md). */
const PINNED = ['mincore', 'count', 'duplicate', 'continuation', 'free', 'free-shmem'];

/** Stress runs on a swap file as well; nothing is placed there. */
const FILE: SwapBackend = { kind: 'file', filesystem: 'ext4', sizeKiB: 1024 };
const PLACED = Object.values(SWAPOFF.setups).map(({ backend }) => backend);

async function shipped(name: string): Promise<Plan> {
  const place = workspace();
  return loadPlan(join(place.plansDir, `${name}.yaml`), place);
}

/** What is run on what, a line each. */
const pairs = (names: readonly string[], backends: readonly (SwapBackend | undefined)[]): string[] =>
  names.flatMap((name) => backends.map((backend) => `${name} on ${JSON.stringify(backend)}`)).sort();

t.test('paths places every path that nothing pins on every backend', async (t) => {
  const { probes } = await shipped('paths');
  const held = heldNames(SWAPOFF).filter((name) => name !== SWAPOFF.contender);
  t.same(
    PINNED.filter((name) => !held.includes(name)),
    [],
    'all of them are paths',
  );
  t.same(
    (probes as readonly PlaceSpec[]).flatMap(({ path, backend }) => pairs([path], [backend])).sort(),
    pairs(
      held.filter((name) => !PINNED.includes(name)),
      PLACED,
    ),
  );
});

t.test('workloads stresses every workload on every backend', async (t) => {
  const { probes } = await shipped('workloads');
  t.same(
    (probes as readonly StressSpec[]).flatMap(({ workload, backend }) => pairs([workload], [backend])).sort(),
    pairs(Object.keys(SWAPOFF.workloads), [...PLACED, FILE]),
  );
});

t.test('both run over the shipped variants', async (t) => {
  const matrix = await shipped('default');
  const ids = (plan: Plan): string[] => plan.variants.map(({ id }) => id).sort();
  const [paths, workloads] = [await shipped('paths'), await shipped('workloads')];
  t.same(ids(workloads), ids(matrix));
  t.same(
    ids(paths),
    ids(matrix).filter((id) => id !== 'weakened'),
    'all but the control of stress',
  );
  for (const plan of [paths, workloads]) {
    for (const probe of plan.probes) t.equal(probe.variants.length, plan.variants.length, probe.id);
    for (const each of plan.variants)
      t.same(each.series, matrix.variants.find(({ id }) => id === each.id)?.series, each.id);
  }
});
