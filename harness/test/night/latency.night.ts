// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { primaryOf, type ArmSummary } from '../../probe/latency/analysis/analyse.ts';
import { OPTIONAL } from '../../probe/latency/boot/figures.ts';
import type { LatencyPlan } from '../../model/latency.ts';
import { auditLatencyRun } from '../../pipeline/latency/audit.ts';
import type { FinishedLatencyRun } from '../../pipeline/latency/blocks.ts';
import { loadLatencyPlan, selectVariants } from '../../pipeline/latency/plan.ts';
import { runLatency } from '../../pipeline/latency/run.ts';
import { workspace } from '../../pipeline/workspace.ts';
import { booted, never, silent } from '../kernel/lab.ts';

const place = workspace();
const shipped = (name: string) => loadLatencyPlan(join(place.plansDir, `${name}.yaml`), place);

async function measured(t: Test, plan: LatencyPlan): Promise<FinishedLatencyRun> {
  await booted(t.name);
  const run = await runLatency({
    plan,
    workspace: { ...place, resultsDir: t.testdir() },
    offline: false,
    signal: never,
    emit: silent,
  });
  t.comment(run.report);
  t.same((await auditLatencyRun(run.dir)).problems, []);
  return run;
}

const toldOf = ({ arm, usable, unusable }: ArmSummary): string =>
  `${arm.id}: ${usable} usable, ${JSON.stringify(unusable)}`;

t.test('the shipped comparison tells v5a+ra from v5b+ra, or says why not', async (t) => {
  const plan = await shipped('latency');
  const { arms, pairs } = (await measured(t, plan)).analysis;
  for (const arm of arms) t.ok(arm.usable >= plan.budget.minBoots - 2, toldOf(arm));
  const { verdict } = primaryOf(pairs[0]!);
  t.ok(
    verdict.kind === 'not-resolvable' || (verdict.kind === 'better' && verdict.arm === 'v5a+ra'),
    JSON.stringify(verdict),
  );
});

t.test('timerlat tells the stopped machine from what else wake-ups wait for', async (t) => {
  const { arms, pairs } = (await measured(t, await shipped('latency-timerlat'))).analysis;
  for (const arm of arms) t.ok(arm.usable >= 4, toldOf(arm));
  const stopped = pairs[0]?.endpoints.find(({ endpoint }) => endpoint === 'stopped');
  t.same(stopped?.verdict, { kind: 'better', arm: 'v5a+ra' }, JSON.stringify(stopped));
  t.ok(Math.abs(stopped!.comparison!.medians[0]) < 0.01 * stopped!.comparison!.medians[1], 'RCU stops no machine');
});

t.test('on PREEMPT_RT the legal forms are compared, whatever becomes of the unpatched kernel', async (t) => {
  const plan = selectVariants(await shipped('latency-rt'), ['rcu-5.3+ra', 'stock', 'unpatched']);
  const { arms, pairs } = (await measured(t, plan)).analysis;
  for (const arm of arms.filter(({ arm: { variant } }) => variant !== 'unpatched'))
    t.ok(arm.usable >= plan.budget.minBoots - 2, toldOf(arm));
  const [unpatched] = arms.filter(({ arm: { id } }) => id === 'unpatched');
  t.equal(
    (unpatched?.usable ?? 0) + (unpatched?.unusable.length ?? 0),
    arms[0]!.usable + arms[0]!.unusable.length,
    'none of its boots is missing',
  );
  t.ok(
    pairs[0]?.endpoints.every(({ comparison, endpoint }) => comparison !== null || OPTIONAL.includes(endpoint)),
    'rcu-5.3+ra against stock',
  );
});

t.test('on PREEMPT_RT each version of V5 ends in the kernel’s own complaint, not in a figure', async (t) => {
  const plan = selectVariants(await shipped('latency-rt'), ['v5a+ra', 'v5b+ra']);
  const { analysis } = await measured(t, { ...plan, budget: { ...plan.budget, minBoots: 1, maxBoots: 1 } });
  for (const arm of analysis.arms) {
    t.match(
      arm,
      {
        usable: 0,
        unusable: [{ cause: 'kernel-complained', reason: /^BUG: sleeping function called from invalid context/ }],
      },
      toldOf(arm),
    );
  }
  t.equal(
    analysis.pairs[0]?.endpoints.some(({ comparison }) => comparison !== null),
    false,
  );
});
