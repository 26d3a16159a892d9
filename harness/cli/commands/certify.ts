// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import type { VariantSpec } from '../../model/kernel.ts';
import { OUTCOMES, type VariantOutcome } from '../../model/outcome.ts';
import type { Plan } from '../../model/plan.ts';
import { parsePlan } from '../../plan/parse.ts';
import { heldOperation, setupNamed } from '../../race/operations.ts';
import { readRace } from '../../race/read.ts';
import type { CommandContext } from '../context.ts';
import type { PlanFlags } from '../flags.ts';
import { backendKeysOf, madePlanText } from '../made-plan.ts';
import { withoutHunks } from '../mutated-series.ts';
import { executePlan } from './run.ts';
import { planOf, variantOf } from './variant.ts';

export interface CertifyFlags extends PlanFlags {
  readonly race: string;
  readonly control: string;
  readonly path?: string;
  readonly setup?: string;
  readonly mutate?: boolean;
}

/** Attempts at each point, each in a guest of its own: two snapshots of one boot are no two samples. */
const GUESTS = 2;

/**
 * `certify`: whether a variant is closed at every instruction of a path that another CPU can distinguish from the next,
 * by both holds, in fresh guests, with each wait of the contender taken away to see whether that is noticed. With
 * `--mutate` the same of each hunk of its series, at the entry of every function.
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
  const plan = await planOf(context, flags);
  const mutants = flags.mutate === true ? await mutantsOf(context, plan, variant, flags) : [];
  const common = {
    ...{ kind: 'place', hold: 'preempt', control },
    ...(path === undefined ? {} : { path }),
    ...(setup === undefined ? {} : backendKeysOf(setupNamed(race, setup).backend)),
  };
  const certified = {
    ...common,
    ...{ points: 'all', merge: '1', mutants: true, repeats: GUESTS, guests: GUESTS },
    ...{ variants: [control, variant], expect: expected(control, { [variant]: ['closed'] }) },
  };
  const anything = Object.fromEntries(mutants.map(({ id }) => [id, OUTCOMES]));
  const hunks = {
    ...common,
    ...{ points: 'functions', repeats: 1 },
    ...{ variants: [control, ...mutants.map(({ id }) => id)], expect: expected(control, anything) },
  };
  const text = madePlanText(
    {
      ...{ name: 'certify', describe: `whether ${variant} of the plan ${plan.name} is closed`, race: race.name },
      from: { name: plan.name, variants: [...plan.variants, ...mutants] },
      variants: [control, variant, ...mutants.map(({ id }) => id)],
      probes: mutants.length === 0 ? { certified } : { certified, hunks, 'hunks.stall': { ...hunks, hold: 'stall' } },
    },
    workspace.root,
  );
  const made = parsePlan(text, { file: join(workspace.root, 'plan.yaml'), root: workspace.root });
  await executePlan(context, made, null, flags);
}

/** The kernels that lack one hunk: built here, since one that does not build is no mutant. */
function mutantsOf(
  { workspace, signal, emit }: CommandContext,
  plan: Plan,
  variant: string,
  { control, offline = false }: CertifyFlags,
): Promise<readonly VariantSpec[]> {
  const { cacheDir } = workspace;
  return withoutHunks(variantOf(plan, variant), variantOf(plan, control), { cacheDir, offline, signal, emit });
}

function expected(control: string, others: Readonly<Record<string, readonly VariantOutcome[]>>): object {
  const accepted = Object.entries(others).map(([id, accept]) => [id, { accept: [...accept] }] as const);
  return { [control]: { accept: ['target'] }, ...Object.fromEntries(accepted) };
}
