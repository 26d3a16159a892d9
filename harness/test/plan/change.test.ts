// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import { workspace } from '../../host/workspace.ts';
import { seeded } from '../../model/run.ts';
import { changedPlan } from '../../plan/change.ts';
import { loadPlan } from '../../plan/load.ts';
import { parsePlan } from '../../plan/parse.ts';
import { planOnFar } from '../../probe/latency/far.ts';
import { soloOf } from '../../probe/stress/of-plan.ts';
import { planAgain } from '../../run/stored.ts';
import { newRun } from '../results/fixtures/make-run.ts';

const place = workspace({});
const load = async (name: string) => {
  const file = join(place.plansDir, `${name}.yaml`);
  return { plan: await loadPlan(file, place), at: { ...place, file } };
};

t.test('a change is made in the text, from which the plan follows', async (t) => {
  const { plan, at } = await load('default');
  const changed = changedPlan(plan, { seed: 7, accelerator: 'tcg' }, at);
  t.match(changed, { seed: 7, accelerator: 'tcg', name: 'default', variants: plan.variants, probes: plan.probes });
  t.same(parsePlan(changed.text, at), changed);
  t.throws(() => changedPlan(plan, { probe: { id: 'anon', keys: { threads: 0 } } }, at), { code: 'PLAN_INVALID' });
});

t.test('a plan is reduced to a variant and its control under one probe', async (t) => {
  const { plan, at } = await load('default');
  const solo = changedPlan(plan, soloOf(plan, 'stock', undefined, 5), at);
  t.match(solo, {
    name: 'default: stock',
    probes: [
      {
        ...{ id: 'anon', kind: 'stress', variants: ['unpatched', 'stock'] },
        budgets: { unpatched: { maxTrials: 6, trialSeconds: 5 }, stock: { maxTrials: 24, trialSeconds: 5 } },
      },
    ],
  });
  t.equal(solo.probes.length, 1);
});

t.test('a plan without a seed gives each run its own, the same for the same run', async (t) => {
  const { plan, at } = await load('default');
  t.equal(plan.seed, null);
  const seeds = ['20261122T000000.000Z-aaaaaa', '20261123T000000.000Z-bbbbbb'].map((id) => seeded(plan, id).seed);
  t.not(seeds[0], seeds[1]);
  t.equal(seeded(plan, '20261122T000000.000Z-aaaaaa').seed, seeds[0]);
  t.equal(seeded(changedPlan(plan, { seed: 3 }, at), '20261122T000000.000Z-aaaaaa').seed, 3);
});

t.test('a run’s plan is read again where it was made: elsewhere, or on a machine that runs already', async (t) => {
  const { plan, at } = await load('latency');
  const header = { ...newRun, schema: 2, id: 'x', startedAt: '', planFile: at.file } as const;
  const there = JSON.parse(JSON.stringify(plan).replaceAll(place.root, '/elsewhere')) as typeof plan;
  t.same(planAgain({ ...header, plan: seeded(there, '') }, place.root), there);
  const host = { release: '6.1.0-40-amd64', machine: 'far' };
  const far = planOnFar(plan, host);
  t.same(planAgain({ ...header, host, plan: seeded(far, '') }, place.root), far);
  t.match(far, { variants: [], describe: '6.1.0-40-amd64 on far', probes: [{ guest: null, expect: {} }] });
});
