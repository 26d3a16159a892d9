// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { HoldKind } from '../../model/interleave.ts';
import type { Plan } from '../../model/plan.ts';
import type { RaceMap } from '../../probe/place/map.ts';
import { mapText } from '../../probe/place/strip.ts';
import { kindCounts } from '../../probe/place/words.ts';
import { booted, exploreOnce, kernelOf, shippedPlan } from './lab.ts';

/**
 * Every n-th of the instructions of the fault's path, the faulting vCPU frozen there, or its thread preempted, while
 * swapoff runs.
 */
async function sparseMap(
  plan: Plan,
  variant: string,
  dir: string,
  count: number,
  hold: HoldKind = 'stall',
): Promise<RaceMap> {
  return exploreOnce(await kernelOf(plan, variant), variant, dir, { hold, points: { kind: 'every', count } });
}

const mutants = await shippedPlan('mutants');

for (const mutant of ['v5a-no-wait', 'v5b-no-wait', 'rcu-5.3-no-wait']) {
  t.test(`${mutant}: without its wait, swapoff overtakes the fault inside what the fix protects`, async (t) => {
    await booted(t.name);
    const map = await sparseMap(mutants, mutant, t.testdir(), 80);
    t.ok(kindCounts(map).oops > 0, mapText(map));
  });
}

t.test('v5b-no-duplicate: without one pair of get and put, what it guarded is open, and nothing else', async (t) => {
  await booted(t.name);
  // A frozen vCPU stops stop_machine() as well; once it goes on, who is first is a matter of the guest.
  const map = await sparseMap(mutants, 'v5b-no-duplicate', t.testdir(), 50, 'preempt');
  const signatures = map.windows.flatMap(({ outcomes }) =>
    outcomes.flatMap((outcome) => (outcome.kind === 'oops' ? [outcome.signature] : [])),
  );
  t.ok(signatures.length > 0, mapText(map));
  t.ok(
    signatures.every((signature) => signature.endsWith('in __swap_duplicate')),
    mapText(map),
  );
  t.not(map.windows[0]?.outcomes[0]?.kind, 'oops', 'the path before is guarded');
  t.ok(kindCounts(map).refused > 0, 'with preemption off');
});

t.test('v5b+sites+ra: with its wait and its pairs, such points hold', async (t) => {
  await booted(t.name);
  const map = await sparseMap(await shippedPlan('short'), 'v5b+sites+ra', t.testdir(), 50);
  const counts = kindCounts(map);
  t.equal(counts.oops + counts.corruption + counts.hang, 0, mapText(map));
  t.ok(counts.waited > 0, 'swapoff waited for the fault somewhere');
});
