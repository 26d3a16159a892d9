// SPDX-License-Identifier: GPL-2.0-only
import t, { type Test } from 'tap';
import { workspace } from '../../host/workspace.ts';
import { analyse, primaryOf, type ArmSummary, type LatencyAnalysis } from '../../probe/latency/analysis/analyse.ts';
import { analysedBoots, analysedPlan } from '../../probe/latency/analysis/boots.ts';
import { OPTIONAL } from '../../probe/latency/boot/figures.ts';
import type { SeenBoot } from '../../probe/latency/judge.ts';
import type { LatencySpec } from '../../probe/latency/spec.ts';
import { PROBES } from '../../probe/table.ts';
import { readRun } from '../../results/reader.ts';
import { runPlan, type FinishedRun } from '../../run/run.ts';
import { auditRun } from '../../run/stored.ts';
import { booted, never, shippedPlan, silent } from '../kernel/lab.ts';

const place = workspace();

interface Night extends FinishedRun {
  readonly probe: LatencySpec;
  readonly analysis: LatencyAnalysis;
}

/** The latency probe of a shipped plan, over some of its variants. */
async function measured(t: Test, name: string, variants?: readonly string[], boots?: number): Promise<Night> {
  await booted(t.name);
  const plan = await shippedPlan(name);
  const shipped = plan.probes[0] as LatencySpec;
  const chosen = variants ?? shipped.variants;
  const budget = boots === undefined ? shipped.budget : { ...shipped.budget, minBoots: boots, maxBoots: boots };
  const probe: LatencySpec = { ...shipped, variants: chosen, budget };
  const workspace = { ...place, resultsDir: t.testdir() };
  const run = await runPlan({ ...plan, probes: [probe] }, name, {
    ...{ workspace, offline: false, signal: never, emit: silent },
  });
  t.comment(run.report);
  t.same((await auditRun(run.dir, place, never)).problems, []);
  const { steps } = await readRun(run.dir, PROBES);
  const analysis = analyse(analysedPlan(probe, plan.alpha), analysedBoots(steps as unknown as SeenBoot[]));
  return { ...run, probe, analysis };
}

const wordsOf = ({ arm, usable, unusable }: ArmSummary): string =>
  `${arm.id}: ${usable} usable, ${JSON.stringify(unusable)}`;

t.test('the shipped comparison distinguishes v5a+sites+ra from v5b+sites+ra, or says why not', async (t) => {
  const { analysis, probe } = await measured(t, 'latency');
  for (const arm of analysis.arms) t.ok(arm.usable >= probe.budget.minBoots - 2, wordsOf(arm));
  const { verdict } = primaryOf(analysis.pairs[0]!);
  t.ok(
    verdict.kind === 'not-resolvable' || (verdict.kind === 'better' && verdict.arm === 'v5a+sites+ra'),
    JSON.stringify(verdict),
  );
});

t.test('timerlat keeps the stopped machine apart from what else wake-ups wait for', async (t) => {
  const { arms, pairs } = (await measured(t, 'latency-timerlat')).analysis;
  for (const arm of arms) t.ok(arm.usable >= 4, wordsOf(arm));
  const stopped = pairs[0]?.endpoints.find(({ endpoint }) => endpoint === 'stopped');
  t.same(stopped?.verdict, { kind: 'better', arm: 'v5a+sites+ra' }, JSON.stringify(stopped));
  t.ok(Math.abs(stopped!.comparison!.medians[0]) < 0.01 * stopped!.comparison!.medians[1], 'RCU stops no machine');
});

t.test('on PREEMPT_RT the legal forms are compared, whatever becomes of the unpatched kernel', async (t) => {
  const { analysis, probe } = await measured(t, 'latency-rt', ['rcu-5.3+ra', 'stock', 'unpatched']);
  const { arms, pairs } = analysis;
  for (const arm of arms.filter(({ arm: { variant } }) => variant !== 'unpatched'))
    t.ok(arm.usable >= probe.budget.minBoots - 2, wordsOf(arm));
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
  const { analysis, shown } = await measured(t, 'latency-rt', ['v5a+sites+ra', 'v5b+sites+ra'], 1);
  for (const arm of analysis.arms) {
    t.match(
      arm,
      {
        usable: 0,
        unusable: [{ cause: 'kernel-complained', reason: /^BUG: sleeping function called from invalid context/ }],
      },
      wordsOf(arm),
    );
  }
  t.equal(
    analysis.pairs[0]?.endpoints.some(({ comparison }) => comparison !== null),
    false,
  );
  t.equal(shown.verdict.status, 0, 'as the plan expects');
});
