import { join } from 'node:path';
import t from 'tap';
import { primaryOf } from '../../latency/analyse.ts';
import { loadLatencyPlan } from '../../pipeline/latency/plan.ts';
import { runLatency } from '../../pipeline/latency/run.ts';
import { auditLatencyRun } from '../../pipeline/latency/audit.ts';
import { workspace } from '../../pipeline/workspace.ts';
import { booted, never, silent } from '../kernel/lab.ts';

t.test('the shipped comparison tells v5a+ra from v5b+ra, or says why not', async (t) => {
  await booted(t.name);
  const place = workspace();
  const plan = await loadLatencyPlan(join(place.plansDir, 'latency.yaml'), place);
  const run = await runLatency({ plan, workspace: { ...place, resultsDir: t.testdir() }, offline: false, signal: never, emit: silent });
  t.comment(run.report);
  const { arms, pairs } = run.analysis;
  for (const { arm, usable, unusable } of arms) t.ok(usable >= plan.budget.minBoots - 2, `${arm.id}: ${usable} usable, ${JSON.stringify(unusable)}`);
  const { verdict } = primaryOf(pairs[0]!);
  t.ok(verdict.kind === 'not-resolvable' || (verdict.kind === 'better' && verdict.arm === 'v5a+ra'), JSON.stringify(verdict));
  t.same((await auditLatencyRun(run.dir)).problems, []);
});
