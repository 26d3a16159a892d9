// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import type { Plan } from '../../model/plan.ts';
import { judgeTrial } from '../../probe/stress/judge-trial.ts';
import { stressOf } from '../../probe/stress/of-plan.ts';
import { booted, kernelOf, labFor, never, root, shippedPlan, trialIn } from '../kernel/lab.ts';

t.test('a kernel without swap is inconclusive, and the reason names it', async (t) => {
  await booted(t.name);
  const shipped = await shippedPlan('default');
  const fragment = join(root, 'kernel-configs/fragments/no-swap.config');
  const plan: Plan = {
    ...shipped,
    variants: shipped.variants.map((variant) => ({ ...variant, fragments: [...variant.fragments, fragment] })),
  };
  const kernel = await kernelOf(plan, 'stock');
  const probe = stressOf(plan, undefined);
  const evidence = await trialIn(t.testdir(), probe, 12, kernel, await labFor(kernel), never);
  t.match(evidence.end, { kind: 'program-failed', message: /swapon.*(ENOSYS|Function not impl)/ });
  t.match(judgeTrial(evidence, probe.race), { kind: 'inconclusive' });
});
