// SPDX-License-Identifier: GPL-2.0-only
import { resolve } from 'node:path';
import { budgetOf, type Plan } from '../../model/plan.ts';
import { findPlan, loadPlan } from '../../pipeline/plan/load.ts';
import { runPlan } from '../../pipeline/run-plan.ts';
import { reportGithub } from '../../report/annotations.ts';
import { reportJson } from '../../report/json.ts';
import { reportText } from '../../report/text.ts';
import { toJson, type CommandContext } from '../context.ts';
import { describePlan } from '../plan-text.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';

export interface RunFlags extends PlanFlags {
  readonly seed?: string;
}

export async function runCommand(context: CommandContext, name: string, flags: RunFlags): Promise<void> {
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
