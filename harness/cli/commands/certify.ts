// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import { parsePlan } from '../../plan/parse.ts';
import { heldOperation, setupNamed } from '../../race/operations.ts';
import { readRace } from '../../race/read.ts';
import type { CommandContext } from '../context.ts';
import type { PlanFlags } from '../flags.ts';
import { backendKeysOf, madePlanText } from '../made-plan.ts';
import { executePlan } from './run.ts';
import { planOf } from './variant.ts';

export interface CertifyFlags extends PlanFlags {
  readonly race: string;
  readonly control: string;
  readonly path?: string;
  readonly setup?: string;
}

/** Attempts at each point, each in a guest of its own: two snapshots of one boot are no two samples. */
const GUESTS = 2;

/**
 * `certify`: whether a variant is closed at every instruction of a path that another CPU can tell from the next, by both
 * holds, in fresh guests, with each wait of the contender taken away to see whether that is noticed.
 */
export async function certifyCommand(context: CommandContext, variant: string, flags: CertifyFlags): Promise<void> {
  const { workspace } = context;
  const { control, path, setup } = flags;
  const race = readRace(workspace.guestsDir, flags.race);
  if (path !== undefined) heldOperation(race, path);
  if (control === variant)
    throw new UsageError('CONTROL_CERTIFIED', `${variant} is the control, which must show the bug`, {
      hint: 'name another one with --control',
    });
  const from = await planOf(context, flags);
  const probe = {
    ...{ kind: 'place', hold: 'preempt', points: 'all', merge: '1', mutants: true },
    ...{ repeats: GUESTS, guests: GUESTS, control },
    ...(path === undefined ? {} : { path }),
    ...(setup === undefined ? {} : backendKeysOf(setupNamed(race, setup).backend)),
    expect: { [control]: { accept: ['target'] }, [variant]: { accept: ['closed'] } },
  };
  const text = madePlanText(
    {
      ...{ name: 'certify', describe: `whether ${variant} of the plan ${from.name} is closed` },
      ...{ from, variants: [control, variant], race: race.name, probes: { certified: probe } },
    },
    workspace.root,
  );
  const plan = parsePlan(text, { file: join(workspace.root, 'plan.yaml'), root: workspace.root });
  await executePlan(context, plan, null, flags);
}
