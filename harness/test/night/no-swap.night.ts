// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Plan, StressProbe } from '../../model/plan.ts';
import { plannedTrial } from '../../model/planned-trial.ts';
import { evidenceTools } from '../../pipeline/audit.ts';
import { runTrial } from '../../pipeline/trial.ts';
import { deriveEvidence } from '../../store/derive.ts';
import { judgeTrial } from '../../verdict/judge-trial.ts';
import { booted, kernelOf, labFor, never, root, shippedPlan, silent } from '../kernel/lab.ts';

t.test('a kernel without swap is inconclusive, and the reason names it', async (t) => {
  await booted(t.name);
  const shipped = await shippedPlan('default');
  const fragment = join(root, 'kernel-configs/fragments/no-swap.config');
  const plan: Plan = {
    ...shipped,
    variants: shipped.variants.map((variant) => ({ ...variant, fragments: [...variant.fragments, fragment] })),
  };
  const kernel = await kernelOf(plan, 'stock');
  const spec = plannedTrial(plan, plan.probes[0] as StressProbe, 'stock', 0, kernel);
  const dir = t.testdir();
  const logs = { consoleLog: join(dir, 'console.log'), workloadLog: join(dir, 'workload.jsonl') };
  const { end, guestBuildId, bootMs } = await runTrial(spec, kernel, logs, {
    lab: await labFor(kernel),
    signal: never,
    emit: silent,
  });
  t.match(end, { kind: 'program-failed', message: /swapon.*(ENOSYS|Function not impl)/ });
  const meta = { startedAt: '', endedAt: '', accelerator: 'tcg', guestBuildId, bootMs } as const;
  const [console, workload] = [await readFile(logs.consoleLog), await readFile(logs.workloadLog, 'utf8')];
  t.match(judgeTrial(deriveEvidence({ record: { spec, end, meta }, console, workload }, evidenceTools), plan.target), {
    kind: 'inconclusive',
  });
});
