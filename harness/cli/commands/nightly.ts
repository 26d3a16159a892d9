// SPDX-License-Identifier: GPL-2.0-only
import { join, resolve } from 'node:path';
import { run } from '../../host/process.ts';
import { UsageError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { findPlan, loadPlan } from '../../plan/load.ts';
import { parsePlan } from '../../plan/parse.ts';
import { PROBES } from '../../probe/table.ts';
import { readRun } from '../../results/reader.ts';
import { runNight, type FinishedNight, type NightPlan } from '../../run/night.ts';
import type { NightFinding } from '../../run/night-journal.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { againLines, searchPlanText } from './search.ts';

export interface NightlyFlags extends PlanFlags {
  readonly hours?: string;
  readonly keepDays?: string;
  readonly keepRuns?: string;
  readonly keepGib?: string;
  readonly notify: readonly string[];
  readonly verbose?: boolean;
}

/** Rounds of the search for a schedule of a finding that was seen again. */
const SEARCH_ROUNDS = 150;
/** A command that is given a summary and does not end is given up. */
const NOTIFY_MS = 120_000;

/** `nightly`: runs plans one after another, unattended, and says what is new since the nights before. */
export async function nightlyCommand(
  context: CommandContext,
  names: readonly string[],
  flags: NightlyFlags,
): Promise<void> {
  const { workspace, emit, signal } = context;
  const resultsDir = flags.results === undefined ? workspace.resultsDir : resolve(flags.results);
  const limit = (option: string, text: string | undefined, key: string, unit = 1): object =>
    text === undefined ? {} : { [key]: unit * wholeNumber(option, text) };
  const retention = {
    ...limit('--keep-days', flags.keepDays, 'days'),
    ...limit('--keep-runs', flags.keepRuns, 'runs'),
    ...limit('--keep-gib', flags.keepGib, 'bytes', 2 ** 30),
  };
  const budgetMs = flags.hours === undefined ? null : wholeNumber('--hours', flags.hours) * 3_600_000;
  const night = await runNight(await plansOf(context, names), {
    ...{ workspace: { ...workspace, resultsDir }, offline: flags.offline ?? false, signal, budgetMs, retention },
    ...(flags.accel === undefined ? {} : { accelerator: flags.accel }),
    // Nobody watches: notes are what the log of a night is for.
    emit: (event) => (flags.verbose === true || event.kind === 'note' ? emit(event) : undefined),
    scheduleOf: (plan, finding, seed) => searchOf(context, plan, finding, seed),
    againLines: async (dir) => {
      const stored = await readRun(dir, PROBES);
      return againLines({ dir, ...stored }, stored.header.plan.variants[0]?.id ?? '');
    },
  });
  emit.done();
  context.print(night.summary);
  for (const command of flags.notify) await notify(context, command, night);
  context.setStatus(night.status);
}

async function plansOf({ workspace }: CommandContext, names: readonly string[]): Promise<NightPlan[]> {
  const plans: NightPlan[] = [];
  for (const name of names) {
    const file = await findPlan(name, workspace);
    const plan = await loadPlan(file, workspace);
    const same = plans.find((each) => each.plan.name === plan.name);
    if (same !== undefined) {
      throw new UsageError('SAME_PLAN', `${file} and ${same.file} are both named ${plan.name}`, {
        hint: 'the history goes by name: give one of them another',
      });
    }
    plans.push({ plan, file });
  }
  return plans;
}

/** The workload of a stress probe is searched; what was placed says by itself where it was held. */
function searchOf(context: CommandContext, plan: Plan, finding: NightFinding, seed: number): Plan | null {
  const { probe, variant } = finding;
  if (plan.probes.find(({ id }) => id === probe)?.kind !== 'stress') return null;
  const text = searchPlanText(context, plan, variant, { probe, rounds: SEARCH_ROUNDS, findings: 1, seed: `${seed}` });
  const { root } = context.workspace;
  return parsePlan(text, { file: join(root, 'plan.yaml'), root });
}

/** The summary on standard input of a command that the person named; what fails there is no matter of the night. */
async function notify({ emit }: CommandContext, command: string, night: FinishedNight): Promise<void> {
  const env = { SWAPRACE_STATUS: String(night.status), SWAPRACE_NIGHT: night.dir };
  const result = await run('sh', ['-c', command], { stdin: night.summary, env, timeoutMs: NOTIFY_MS });
  const how = result.timedOut ? 'did not end' : `exit ${result.exitCode ?? result.signal}`;
  if (result.exitCode !== 0) emit({ kind: 'note', message: `${command}: ${how}` });
}
