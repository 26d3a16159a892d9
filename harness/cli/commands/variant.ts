// SPDX-License-Identifier: GPL-2.0-only
import { BuildError, UsageError } from '../../model/errors.ts';
import type { AcceleratorChoice } from '../../model/guest.ts';
import type { Kernel, VariantSpec } from '../../model/kernel.ts';
import type { Plan } from '../../model/plan.ts';
import { buildKernels } from '../../lab/kernels.ts';
import { openLab, type Lab } from '../../lab/lab.ts';
import { findPlan, loadPlan } from '../../plan/load.ts';
import type { CommandContext } from '../context.ts';
import type { PlanFlags } from '../flags.ts';

/** The plan that `--plan` names, or the default one. */
export async function planOf({ workspace }: CommandContext, flags: PlanFlags): Promise<Plan> {
  return loadPlan(await findPlan(flags.plan ?? 'default', workspace), workspace);
}

/** @throws UsageError naming the variants that the plan has. */
export function variantOf(plan: Pick<Plan, 'name' | 'variants'>, name: string): VariantSpec {
  const variant = plan.variants.find(({ id }) => id === name);
  if (variant !== undefined) return variant;
  throw new UsageError('UNKNOWN_VARIANT', `The plan ${plan.name} has no variant ${name}`, {
    hint: `one of: ${plan.variants.map(({ id }) => id).join(', ')}`,
  });
}

/**
 * A variant's kernel and everything that a guest of it needs. @throws BuildError `NO_KERNEL` when it cannot be built.
 */
export async function prepareVariant(
  context: CommandContext,
  plan: Plan,
  name: string,
  flags: PlanFlags,
  accelerator: AcceleratorChoice,
): Promise<{ readonly kernel: Kernel; readonly lab: Lab }> {
  const { workspace, signal, emit } = context;
  const offline = flags.offline ?? false;
  const { kernels, troubles } = await buildKernels([variantOf(plan, name)], {
    cacheDir: workspace.cacheDir,
    offline,
    signal,
    emit,
  });
  const kernel = kernels[name];
  if (kernel === undefined) throw new BuildError('NO_KERNEL', troubles[0]?.message ?? `No kernel for ${name}`);
  return { kernel, lab: await openLab(kernel, { workspace, offline, accelerator, signal, emit }) };
}
