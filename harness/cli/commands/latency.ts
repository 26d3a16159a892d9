// SPDX-License-Identifier: GPL-2.0-only
import { resolve } from 'node:path';
import { farHost, type FarHost } from '../../host/ssh-client.ts';
import { buildKernels } from '../../lab/kernels.ts';
import { openLab } from '../../lab/lab.ts';
import { BuildError, UsageError } from '../../model/errors.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { Plan } from '../../model/plan.ts';
import { changedPlan, type PlanChange } from '../../plan/change.ts';
import { findPlan, loadPlan } from '../../plan/load.ts';
import { openFar, planOnFar, type FarMachine } from '../../probe/latency/far.ts';
import { countOperation, type OperationCost } from '../../probe/latency/hot-path.ts';
import { latencyBy } from '../../probe/latency/latency.ts';
import type { LatencySpec } from '../../probe/latency/spec.ts';
import { PROBES } from '../../probe/table.ts';
import { readRace } from '../../race/read.ts';
import type { RunEffects, RunOptions } from '../../run/run.ts';
import { toJson, type CommandContext } from '../context.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { describePlan } from '../plan-text.ts';
import { executePlan, seedOf } from './run.ts';

export interface LatencyFlags extends PlanFlags {
  readonly plan: string;
  readonly boots?: string;
  readonly budget?: string;
  readonly seed?: string;
  readonly instructions?: boolean;
  readonly on?: string;
  readonly sshConfig?: string;
  readonly swapDir: string;
}

/** `latency`: runs the latency probe of a plan, as far as is asked for. */
export async function latencyCommand(
  context: CommandContext,
  variants: readonly string[],
  flags: LatencyFlags,
): Promise<void> {
  const planFile = await findPlan(flags.plan, context.workspace);
  const loaded = await loadPlan(planFile, context.workspace);
  const plan = changedPlan(loaded, changeOf(loaded, variants, flags), { ...context.workspace, file: planFile });
  const probe = latencyProbeOf(plan);
  if (flags.dryRun === true) return context.print(flags.json === true ? toJson(plan) : describePlan(plan));
  if (flags.instructions === true) return countInstructions(context, plan, probe, flags);
  const command = commandOf(variants, flags);
  if (flags.on === undefined) {
    await executePlan(context, plan, planFile, flags, { command });
    return;
  }
  const { signal, emit, workspace } = context;
  const { guestsDir } = workspace;
  await using far = await openFar(hostOf(flags.on, flags), probe, { guestsDir, swapDir: flags.swapDir, signal, emit });
  await executePlan(context, planOnFar(plan, far.facts), planFile, flags, { command, ...onFar(far) });
}

/** What a run of a machine that runs already does in place of building and booting. */
function onFar({ kernel, release, measure, facts }: FarMachine): Pick<RunOptions, 'kinds' | 'effects' | 'host'> {
  const effects: RunEffects = {
    build: async () => ({ kernels: { [release]: kernel }, troubles: [] }),
    openLab: null,
    symbolsOf: () => ({ splats: async (splats) => splats, places: async () => new Map() }),
  };
  return { kinds: { ...PROBES, latency: latencyBy(measure) }, effects, host: facts };
}

/** @throws UsageError `NO_LATENCY_PROBE`. */
function latencyProbeOf(plan: Plan): LatencySpec {
  const probe = plan.probes.find(({ kind }) => kind === 'latency') as LatencySpec | undefined;
  if (probe !== undefined) return probe;
  throw new UsageError('NO_LATENCY_PROBE', `The plan ${plan.name} has no probe of the kind latency`, {
    hint: '--plan latency, or a probe with `kind: latency` (docs/latency.md)',
  });
}

/**
 * The latency probe of a plan by itself, under what the flags say, over some of its variants: the first of them is the
 * one that others are compared with.
 *
 * @throws UsageError `NO_LATENCY_PROBE`, `UNKNOWN_VARIANT`.
 */
function changeOf(plan: Plan, ids: readonly string[], flags: LatencyFlags): PlanChange {
  const probe = latencyProbeOf(plan);
  const unknown = ids.find((id) => !probe.variants.includes(id));
  if (unknown !== undefined) {
    throw new UsageError('UNKNOWN_VARIANT', `The probe ${probe.id} of ${plan.name} has no variant ${unknown}`, {
      hint: `one of: ${probe.variants.join(', ')}`,
    });
  }
  const { minBoots, maxBoots, seconds, precision } = probe.budget;
  const boots = flags.boots === undefined ? null : wholeNumber('--boots', flags.boots);
  const budget = {
    'min-boots': boots ?? minBoots,
    'max-boots': boots ?? maxBoots,
    seconds: flags.budget === undefined ? seconds : wholeNumber('--budget', flags.budget),
    precision,
  };
  return {
    ...seedOf(flags),
    ...(flags.accel === undefined ? {} : { accelerator: flags.accel }),
    probe: { id: probe.id, keys: { variants: ids.length === 0 ? probe.variants : ids, budget } },
  };
}

function commandOf(variants: readonly string[], flags: LatencyFlags): string {
  const option = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [name, value]);
  return [
    ...['scripts/swaprace', 'latency', ...variants, '--plan', flags.plan],
    ...option('--boots', flags.boots),
    ...option('--budget', flags.budget),
    ...option('--accel', flags.accel),
    ...(flags.on === undefined ? [] : ['--on', flags.on, '--swap-dir', flags.swapDir]),
    ...option('--ssh-config', flags.sshConfig),
  ].join(' ');
}

/** @throws UsageError `NO_SUCH_HOST` for anything but `ssh:HOST`. */
function hostOf(on: string, { sshConfig }: LatencyFlags): FarHost {
  const [, name] = /^ssh:([^\s-][^\s]*)$/.exec(on) ?? [];
  if (name === undefined)
    throw new UsageError('NO_SUCH_HOST', `--on ${on}: not a machine`, {
      hint: '--on ssh:HOST, where `ssh HOST` logs in as root',
    });
  return farHost(name, sshConfig === undefined ? {} : { configFile: resolve(sshConfig) });
}

/** `latency --instructions`: what one operation executes on each variant when nothing races with it. */
async function countInstructions(
  context: CommandContext,
  plan: Plan,
  { race: { name } }: LatencySpec,
  flags: LatencyFlags,
): Promise<void> {
  const { workspace, signal, emit } = context;
  const { cacheDir, guestsDir } = workspace;
  const offline = flags.offline ?? false;
  const { kernels, troubles } = await buildKernels(plan.variants, { cacheDir, offline, signal, emit });
  const [trouble] = troubles;
  if (trouble !== undefined) throw new BuildError('NO_KERNEL', `${trouble.variant}: ${trouble.message}`);
  // Only an emulator steps with interrupts masked.
  const options = { workspace, offline, accelerator: 'tcg', signal, emit } as const;
  const lab = await openLab(Object.values(kernels)[0] as Kernel, options);
  const race = readRace(guestsDir, name);
  const costs: OperationCost[] = [];
  for (const [variant, kernel] of Object.entries(kernels))
    costs.push(await countOperation(variant, kernel, race, lab, signal));
  emit.done();
  context.print(flags.json === true ? toJson(costs) : costs.map((cost) => costText(cost, race.guards)).join('\n'));
}

function costText({ variant, toClaim, gets, guards, toEnd, end }: OperationCost, names: readonly string[]): string {
  const guarded = names.length === 0 ? '' : `, ${guards} of them in ${names.join(', ')} (${gets} calls of ${names[0]})`;
  return `${variant}: ${toClaim} instructions until the race is over${guarded}; ${toEnd} until ${end}`;
}
