// SPDX-License-Identifier: GPL-2.0-only
import { findPlan, loadPlan } from '../../plan/load.ts';
import { soloPlan } from '../../probe/stress/of-plan.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber } from '../flags.ts';
import { executePlan, type RunFlags } from './run.ts';
import { variantOf } from './variant.ts';

export interface StressFlags extends RunFlags {
  readonly probe?: string;
  readonly seconds?: string;
}

export async function stressCommand(context: CommandContext, name: string, flags: StressFlags): Promise<void> {
  const planFile = await findPlan(flags.plan ?? 'default', context.workspace);
  const plan = await loadPlan(planFile, context.workspace);
  variantOf(plan, name);
  const seconds = flags.seconds === undefined ? undefined : wholeNumber('--seconds', flags.seconds);
  await executePlan(context, soloPlan(plan, name, flags.probe, seconds), planFile, flags);
}
