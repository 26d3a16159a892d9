// SPDX-License-Identifier: GPL-2.0-only
import { changedPlan } from '../../plan/change.ts';
import { findPlan, loadPlan } from '../../plan/load.ts';
import { soloOf } from '../../probe/stress/of-plan.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber } from '../flags.ts';
import { executePlan, seedOf, type RunFlags } from './run.ts';
import { variantOf } from './variant.ts';

export interface StressFlags extends RunFlags {
  readonly probe?: string;
  readonly seconds?: string;
}

export async function stressCommand(context: CommandContext, name: string, flags: StressFlags): Promise<void> {
  const { workspace } = context;
  const planName = flags.plan ?? 'default';
  const planFile = await findPlan(planName, workspace);
  const plan = await loadPlan(planFile, workspace);
  variantOf(plan, name);
  const seconds = flags.seconds === undefined ? undefined : wholeNumber('--seconds', flags.seconds);
  const change = { ...soloOf(plan, name, flags.probe, seconds), ...seedOf(flags) };
  const solo = changedPlan(plan, change, { ...workspace, file: planFile });
  const option = (option: string, value: string | undefined): string[] => (value === undefined ? [] : [option, value]);
  const command = [
    ...['scripts/swaprace', 'stress', name, '--plan', planName],
    ...option('--probe', flags.probe),
    ...option('--seconds', flags.seconds),
    ...option('--accel', flags.accel),
  ].join(' ');
  await executePlan(context, solo, planFile, flags, { command });
}
