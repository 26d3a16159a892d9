import t from 'tap';
import { countOutcomes } from '../../model/race-map.ts';
import type { RaceMap } from '../../model/interleave.ts';
import type { Plan } from '../../model/plan.ts';
import { mapText } from '../../report/strip.ts';
import { booted, exploreOnce, kernelOf, shippedPlan } from './lab.ts';

/** Every 40th instruction of the fault's path, the faulting vCPU frozen there while swapoff runs. */
async function sparseMap(plan: Plan, variant: string, dir: string): Promise<RaceMap> {
  return exploreOnce(await kernelOf(plan, variant), variant, dir, { hold: 'stall', points: { kind: 'every', count: 40 } });
}

const mutants = await shippedPlan('mutants');

for (const mutant of ['v5a-no-wait', 'v5b-no-wait', 'rcu-5.3-no-wait']) {
  t.test(`${mutant}: without its wait, swapoff overtakes the fault inside what the fix protects`, async (t) => {
    await booted(t.name);
    const map = await sparseMap(mutants, mutant, t.testdir());
    t.ok(countOutcomes(map).oops > 0, mapText(map));
  });
}

t.test('v5b-no-duplicate: without one pair of get and put, what it guarded is open, and nothing else', async (t) => {
  await booted(t.name);
  const map = await sparseMap(mutants, 'v5b-no-duplicate', t.testdir());
  const signatures = map.windows.flatMap(({ outcomes }) => outcomes.flatMap((outcome) => (outcome.kind === 'oops' ? [outcome.signature] : [])));
  t.ok(signatures.length > 0, mapText(map));
  t.ok(signatures.every((signature) => signature.endsWith('in __swap_duplicate')), mapText(map));
  t.equal(map.windows[0]?.outcomes[0]?.kind, 'waited', 'the path before is guarded');
});

t.test('v5b+ra: with its wait, the same points hold', async (t) => {
  await booted(t.name);
  const map = await sparseMap(await shippedPlan('short'), 'v5b+ra', t.testdir());
  const counts = countOutcomes(map);
  t.equal(counts.oops + counts.corruption + counts.hang, 0, mapText(map));
  t.ok(counts.waited > 0, 'swapoff waited for the fault somewhere');
});
