// SPDX-License-Identifier: GPL-2.0-only
import { resolve } from 'node:path';
import type { Plan } from '../../model/plan.ts';
import { changedPlan } from '../../plan/change.ts';
import { findPlan, loadPlan } from '../../plan/load.ts';
import { findRun } from '../../run/run-folder.ts';
import { PROBES } from '../../probe/table.ts';
import { reportGithub } from '../../report/annotations.ts';
import { reportJson } from '../../report/json.ts';
import { reportText } from '../../report/text.ts';
import { kindOf } from '../../results/kinds.ts';
import { resumeRun, runPlan, type FinishedRun, type RunOptions } from '../../run/run.ts';
import { toJson, type CommandContext } from '../context.ts';
import { describePlan } from '../plan-text.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';

export interface RunFlags extends PlanFlags {
  readonly seed?: string;
  /** A run that was stopped. */
  readonly resume?: string;
}

export async function runCommand(context: CommandContext, name: string, flags: RunFlags): Promise<void> {
  if (flags.resume !== undefined) return resumeCommand(context, flags.resume, flags);
  const { workspace } = context;
  const planFile = await findPlan(name, workspace);
  const loaded = await loadPlan(planFile, workspace);
  const change = seedOf(flags);
  const plan = 'seed' in change ? changedPlan(loaded, change, { ...workspace, file: planFile }) : loaded;
  await executePlan(context, plan, planFile, flags);
}

/** What `--seed` changes in a plan. */
export function seedOf({ seed }: Pick<RunFlags, 'seed'>): { readonly seed?: number } {
  return seed === undefined ? {} : { seed: wholeNumber('--seed', seed) };
}

/**
 * Runs a plan, or says what it would do; prints the result and sets the status. Null where nothing was run.
 *
 * @param planFile null for a plan that a command made.
 * @param change what a command has otherwise.
 */
export async function executePlan(
  context: CommandContext,
  plan: Plan,
  planFile: string | null,
  flags: RunFlags,
  change: Partial<RunOptions> = {},
): Promise<FinishedRun | null> {
  if (flags.dryRun === true) {
    context.print(flags.json === true ? toJson(plan) : describePlan(plan));
    return null;
  }
  const outlines = plan.probes.map((probe) => kindOf(PROBES, probe.kind).outline(probe));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  context.emit({
    kind: 'planned',
    least: sum(outlines.map(({ least }) => least)),
    most: sum(outlines.map(({ most }) => most)),
  });
  const finished = await runPlan(plan, planFile, { ...optionsOf(context, flags), ...change });
  printRun(context, finished, flags);
  return finished;
}

async function resumeCommand(context: CommandContext, name: string, flags: RunFlags): Promise<void> {
  const options = optionsOf(context, flags);
  const { dir } = await findRun(name, options.workspace);
  printRun(context, await resumeRun(dir, options), flags);
}

function optionsOf({ workspace, signal, emit }: CommandContext, flags: RunFlags): RunOptions {
  const resultsDir = flags.results === undefined ? workspace.resultsDir : resolve(flags.results);
  return {
    workspace: { ...workspace, resultsDir },
    offline: flags.offline ?? false,
    ...(flags.accel === undefined ? {} : { accelerator: flags.accel }),
    ...seedOf(flags),
    signal,
    emit,
  };
}

function printRun(context: CommandContext, { dir, shown }: FinishedRun, flags: RunFlags): void {
  context.emit.done();
  const text = `${reportText(shown, { paint: context.paint })}\n${filesText(dir)}`;
  context.print(flags.json === true ? toJson(reportJson(shown)) : text);
  // GitHub's runner reads commands from either stream; standard output is for the result.
  if (process.env['GITHUB_ACTIONS'] === 'true') process.stderr.write(reportGithub(shown));
  context.setStatus(shown.verdict.status);
}

function filesText(dir: string): string {
  return `Results: ${dir}\nAs a page: scripts/swaprace report ${dir} --format html --output report.html`;
}
