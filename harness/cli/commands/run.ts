// SPDX-License-Identifier: GPL-2.0-only
import { resolve } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import { budgetOf, type Plan } from '../../model/plan.ts';
import type { RunPlan } from '../../model/run.ts';
import { findPlan, loadPlan } from '../../pipeline/plan/load.ts';
import { findRun } from '../../pipeline/run-folder.ts';
import { runPlan } from '../../pipeline/run-plan.ts';
import { PROBES } from '../../probe/table.ts';
import { reportGithub } from '../../report/annotations.ts';
import { reportJson } from '../../report/json.ts';
import { reportGithub as shownGithub } from '../../report/sections/annotations.ts';
import { reportJson as shownJson } from '../../report/sections/json.ts';
import { reportText as shownText } from '../../report/sections/text.ts';
import { reportText } from '../../report/text.ts';
import { kindOf } from '../../results/kinds.ts';
import { resumeRun, runPlan as runTable, type FinishedRun, type RunOptions } from '../../run/run.ts';
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
  const planFile = await findPlan(name, context.workspace);
  await executePlan(context, await loadPlan(planFile, context.workspace), planFile, flags);
}

/** Runs a plan, or says what it would do; prints the result and sets the status. */
export async function executePlan(
  context: CommandContext,
  loaded: Plan,
  planFile: string,
  flags: RunFlags,
): Promise<void> {
  const { signal, emit } = context;
  const workspace =
    flags.results === undefined ? context.workspace : { ...context.workspace, resultsDir: resolve(flags.results) };
  const plan = flags.seed === undefined ? loaded : { ...loaded, seed: wholeNumber('--seed', flags.seed) };
  if (flags.dryRun === true) return context.print(flags.json === true ? toJson(plan) : describePlan(plan));
  if (plan.generic !== undefined) return executeTable(context, tablePlan(plan), planFile, flags);
  emit({ kind: 'planned', ...plannedTrials(plan) });
  const run = await runPlan({
    plan,
    planFile,
    workspace,
    offline: flags.offline ?? false,
    ...(flags.accel === undefined ? {} : { accelerator: flags.accel }),
    signal,
    emit,
  });
  emit.done();
  context.print(
    flags.json === true
      ? toJson(reportJson(run.result))
      : `${reportText(run.result, { paint: context.paint })}\n${filesText(run.dir)}`,
  );
  // GitHub's runner reads commands from either stream; standard output is for the result.
  if (process.env['GITHUB_ACTIONS'] === 'true') process.stderr.write(reportGithub(run.result));
  context.setStatus(run.result.verdict.status);
}

/** @throws UsageError `MIXED_PLAN`: probes of different layouts have no folder in common. */
function tablePlan({ probes, explorations, generic = [], ...plan }: Plan): RunPlan {
  const [legacy] = [...probes, ...explorations];
  if (legacy === undefined) return { ...plan, probes: generic };
  throw new UsageError('MIXED_PLAN', `${plan.name}: ${legacy.kind} and ${generic[0]?.kind} probes cannot be mixed`, {
    hint: 'put them into two plans',
  });
}

/** Runs a plan of kinds of the table; `change` is what a command has otherwise. */
export async function executeTable(
  context: CommandContext,
  plan: RunPlan,
  planFile: string,
  flags: RunFlags,
  change: Partial<RunOptions> = {},
): Promise<void> {
  const outlines = plan.probes.map((probe) => kindOf(PROBES, probe.kind).outline(probe));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  context.emit({
    kind: 'planned',
    least: sum(outlines.map(({ least }) => least)),
    most: sum(outlines.map(({ most }) => most)),
  });
  const resultsDir = resultsOf(context, flags);
  printRun(context, await runTable(plan, planFile, { ...optionsOf(context, resultsDir, flags), ...change }), flags);
}

async function resumeCommand(context: CommandContext, name: string, flags: RunFlags): Promise<void> {
  const resultsDir = resultsOf(context, flags);
  const { dir } = await findRun(name, { ...context.workspace, resultsDir });
  printRun(context, await resumeRun(dir, optionsOf(context, resultsDir, flags)), flags);
}

function resultsOf({ workspace }: CommandContext, { results }: RunFlags): string {
  return results === undefined ? workspace.resultsDir : resolve(results);
}

function optionsOf({ workspace, signal, emit }: CommandContext, resultsDir: string, flags: RunFlags): RunOptions {
  return {
    workspace: { ...workspace, resultsDir },
    offline: flags.offline ?? false,
    ...(flags.accel === undefined ? {} : { accelerator: flags.accel }),
    signal,
    emit,
  };
}

function printRun(context: CommandContext, { dir, shown }: FinishedRun, flags: RunFlags): void {
  context.emit.done();
  const text = `${shownText(shown, { paint: context.paint })}\n${filesText(dir)}`;
  context.print(flags.json === true ? toJson(shownJson(shown)) : text);
  // GitHub's runner reads commands from either stream; standard output is for the result.
  if (process.env['GITHUB_ACTIONS'] === 'true') process.stderr.write(shownGithub(shown));
  context.setStatus(shown.verdict.status);
}

/** Trials of all stress probes together. */
function plannedTrials({ probes }: Plan): { readonly least: number; readonly most: number } {
  const budgets = probes.flatMap((probe) => probe.variants.map((variant) => budgetOf(probe, variant)));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    least: sum(budgets.map(({ minTrials }) => minTrials)),
    most: sum(budgets.map(({ maxTrials }) => maxTrials)),
  };
}

function filesText(dir: string): string {
  return `Results: ${dir}\nAs a page: scripts/swaprace report ${dir} --format html --output report.html`;
}
