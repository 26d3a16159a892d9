// SPDX-License-Identifier: GPL-2.0-only
import { resolve } from 'node:path';
import { compareRuns } from '../../probe/latency/analysis/across.ts';
import { primaryOf, type ArmSummary, type PairAnalysis } from '../../probe/latency/analysis/analyse.ts';
import { blockOf } from '../../probe/latency/design.ts';
import { acrossReport } from '../../probe/latency/show/report.ts';
import { farHost, type FarHost } from '../../host/ssh-client.ts';
import { BuildError, EXIT, UsageError, type ExitStatus } from '../../model/errors.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { LatencyPlan } from '../../model/latency.ts';
import { buildKernels } from '../../lab/kernels.ts';
import { openLab } from '../../lab/lab.ts';
import { measureHardware } from '../../pipeline/latency/hardware.ts';
import { countFault, type FaultCost } from '../../pipeline/latency/hot-path.ts';
import { latencyPictures } from '../../pipeline/latency/pictures.ts';
import { loadLatencyPlan, selectVariants } from '../../pipeline/latency/plan.ts';
import { runLatency } from '../../pipeline/latency/run.ts';
import { latencyPageOf } from '../../pipeline/latency/page.ts';
import { auditReadRun } from '../../pipeline/latency/audit.ts';
import { readStoredRun, type StoredLatencyRun } from '../../pipeline/latency/stored.ts';
import { findPlan } from '../../pipeline/plan/load.ts';
import { findRun } from '../../pipeline/run-folder.ts';
import type { Workspace } from '../../pipeline/workspace.ts';
import { toJson, type CommandContext } from '../context.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { writeOutput } from '../output.ts';

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

/** `latency`: runs the experiment and prints what came of it; 125 where nothing could be told. */
export async function latencyCommand(
  context: CommandContext,
  variants: readonly string[],
  flags: LatencyFlags,
): Promise<void> {
  const { signal, emit } = context;
  const plan = await chosenPlan(context, variants, flags);
  if (flags.dryRun === true) return context.print(flags.json === true ? toJson(plan) : planText(plan));
  if (flags.instructions === true) return countInstructions(context, plan, flags);
  const workspace =
    flags.results === undefined ? context.workspace : { ...context.workspace, resultsDir: resolve(flags.results) };
  const run =
    flags.on === undefined
      ? await runLatency({ plan, workspace, offline: flags.offline ?? false, signal, emit })
      : await measureHardware({ plan, host: hostOf(flags.on, flags), swapDir: flags.swapDir, workspace, signal, emit });
  emit.done();
  context.print(flags.json === true ? toJson({ run: run.dir, analysis: run.analysis }) : run.report);
  context.setStatus(signal.aborted ? EXIT.interrupted : statusOf(run.analysis));
}

/** @throws UsageError `NO_SUCH_HOST` for anything but `ssh:HOST`. */
function hostOf(on: string, { sshConfig }: LatencyFlags): FarHost {
  const [, name] = /^ssh:([^\s-][^\s]*)$/.exec(on) ?? [];
  if (name === undefined)
    throw new UsageError('NO_SUCH_HOST', `--on ${on}: not a machine`, {
      hint: '--on ssh:HOST, where `ssh HOST` logs in as root',
    });
  return farHost(name, sshConfig === undefined ? {} : { configFile: sshConfig });
}

/** `latency --instructions`: what one fault executes on each variant when nobody swaps off. */
async function countInstructions(context: CommandContext, plan: LatencyPlan, flags: LatencyFlags): Promise<void> {
  const { workspace, signal, emit } = context;
  const offline = flags.offline ?? false;
  const { kernels, troubles } = await buildKernels(plan.variants, {
    cacheDir: workspace.cacheDir,
    offline,
    signal,
    emit,
  });
  const [trouble] = troubles;
  if (trouble !== undefined) throw new BuildError('NO_KERNEL', `${trouble.variant}: ${trouble.message}`);
  // Only an emulator steps with interrupts masked.
  const lab = await openLab(Object.values(kernels)[0] as Kernel, {
    workspace,
    offline,
    accelerator: 'tcg',
    signal,
    emit,
  });
  const costs: FaultCost[] = [];
  for (const [variant, kernel] of Object.entries(kernels)) costs.push(await countFault(variant, kernel, lab, signal));
  emit.done();
  context.print(flags.json === true ? toJson(costs) : costs.map(costText).join('\n'));
}

function costText({ variant, toClaim, gets, guards, toEnd, end }: FaultCost): string {
  return `${variant}: ${toClaim} instructions until the entry is claimed, ${guards} of them in get/put_swap_device (${gets} gets); ${toEnd} until ${end}`;
}

/** `compare`: one run anew from its raw samples, or two against each other. */
export async function compareCommand(
  context: CommandContext,
  name: string,
  other: string | undefined,
  flags: { readonly json?: boolean; readonly html?: string },
): Promise<void> {
  const run = await storedRun(name, context.workspace);
  if (other === undefined) {
    const problems = (await auditReadRun(run)).problems.map(({ file, what }) => `${file}: ${what}`);
    if (flags.html !== undefined) await writePage(flags.html, run);
    context.print(
      flags.json === true
        ? toJson({ analysis: run.analysis, pictures: await latencyPictures(run), problems })
        : [run.report, ...problems].join('\n'),
    );
    context.setStatus(problems.length > 0 ? EXIT.missed : statusOf(run.analysis));
    return;
  }
  const across = compareRuns(run, await storedRun(other, context.workspace));
  context.print(flags.json === true ? toJson(across) : acrossReport(across));
  context.setStatus(statusOf(across));
}

async function storedRun(name: string, workspace: Workspace): Promise<StoredLatencyRun> {
  return readStoredRun((await findRun(name, workspace, ['latency'])).dir);
}

/** Its plots need a library that takes a while to load. */
async function writePage(file: string, run: StoredLatencyRun): Promise<void> {
  const { latencyHtml } = await import('../../report/html/latency.ts');
  await writeOutput(file, latencyHtml(await latencyPageOf(run)));
}

async function chosenPlan(
  { workspace }: CommandContext,
  variants: readonly string[],
  flags: LatencyFlags,
): Promise<LatencyPlan> {
  const plan = selectVariants(await loadLatencyPlan(await findPlan(flags.plan, workspace), workspace), variants);
  const boots =
    flags.boots === undefined
      ? {}
      : { minBoots: wholeNumber('--boots', flags.boots), maxBoots: wholeNumber('--boots', flags.boots) };
  const seconds = flags.budget === undefined ? {} : { seconds: wholeNumber('--budget', flags.budget) };
  return {
    ...plan,
    budget: { ...plan.budget, ...boots, ...seconds },
    ...(flags.seed === undefined ? {} : { seed: wholeNumber('--seed', flags.seed) }),
    ...(flags.accel === undefined ? {} : { accelerator: flags.accel }),
  };
}

/** A run that tells nothing of a pair, or has an arm without figures, could not tell. */
function statusOf({
  pairs,
  arms,
}: {
  readonly pairs: readonly PairAnalysis[];
  readonly arms?: readonly ArmSummary[];
}): ExitStatus {
  const blind =
    pairs.some((pair) => primaryOf(pair).verdict.kind === 'not-resolvable') ||
    arms?.some(({ usable }) => usable === 0) === true;
  return blind ? EXIT.cannotTell : EXIT.met;
}

function planText(plan: LatencyPlan): string {
  const { budget, workload, guest } = plan;
  return [
    `latency plan ${plan.name}: ${plan.describe}`,
    `${guest === null ? 'the machine itself' : `${guest.vcpus} vCPUs, ${guest.memoryMiB} MiB`}; ${workload.cycles} swapoffs a boot, ${workload.instrument}`,
    `${budget.minBoots} to ${budget.maxBoots} boots of each arm, at most ${budget.seconds} s, until ±${100 * budget.precision} %; seed ${plan.seed}`,
    ...plan.arms.map(({ id, role, variant, mode }) => `arm ${id}: ${role}, kernel ${variant}, workload ${mode}`),
    `first block: ${blockOf(plan, 0)
      .map(({ arm }) => arm)
      .join(' ')}`,
  ].join('\n');
}
