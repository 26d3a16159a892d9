// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import type { Plan } from '../../model/plan.ts';
import { PROBES } from '../../probe/table.ts';
import { stressOf } from '../../probe/stress/of-plan.ts';
import { SEARCH_FILES } from '../../probe/search/files.ts';
import { thatDid, type Searched } from '../../probe/search/finding.ts';
import { reportJson } from '../../report/json.ts';
import { reportText } from '../../report/text.ts';
import { RUN_FILES } from '../../results/layout.ts';
import { showRun } from '../../results/show.ts';
import { toJson, type CommandContext } from '../context.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { backendKeysOf, madePlanText } from '../made-plan.ts';
import { madeRun, type MadeRun } from '../made-run.ts';
import { planOf } from './variant.ts';

export interface SearchFlags extends PlanFlags {
  readonly probe?: string;
  readonly functions?: string;
  readonly rounds: string;
  readonly findings: string;
  readonly seed: string;
}

/** `interleave search`: holds threads of the stress workload at random, and minimises what it finds to a schedule. */
export async function searchCommand(context: CommandContext, variant: string, flags: SearchFlags): Promise<void> {
  const plan = await planOf(context, flags);
  const text = searchPlanText(context, plan, variant, {
    ...(flags.probe === undefined ? {} : { probe: flags.probe }),
    ...(flags.functions === undefined ? {} : { functions: flags.functions.split(',') }),
    rounds: wholeNumber('--rounds', flags.rounds),
    findings: wholeNumber('--findings', flags.findings),
    seed: flags.seed,
  });
  const run = await madeRun(context, text, flags);
  const shown = showRun(run, PROBES);
  context.emit.done();
  context.print(
    flags.json === true
      ? toJson(reportJson(shown))
      : [reportText(shown, { paint: context.paint }), ...againLines(run, variant), `Results: ${run.dir}`].join('\n'),
  );
  context.setStatus(run.verdict.status);
}

/** What a search is asked for, in addition to what its stress probe says. */
interface Wanted {
  /** Stress probe of the plan; its first when none is named. */
  readonly probe?: string;
  readonly functions?: readonly string[];
  readonly rounds: number;
  readonly findings: number;
  readonly seed: string;
}

/** The text of a plan that searches a variant of another plan. */
export function searchPlanText(
  { workspace }: Pick<CommandContext, 'workspace'>,
  plan: Plan,
  variant: string,
  { probe, ...wanted }: Wanted,
): string {
  const { id, race, workload, backend, vcpus, memoryMiB, cmdline, threads, pages, hangSeconds } = stressOf(plan, probe);
  const search = {
    kind: 'search',
    ...{ workload, ...backendKeysOf(backend), vcpus, memory: `${memoryMiB}MiB`, cmdline, threads, pages },
    'hang-seconds': hangSeconds,
    ...wanted,
  };
  return madePlanText(
    {
      ...{ name: 'search', describe: `a search of ${variant} under ${id} of the plan ${plan.name}` },
      ...{ from: plan, variants: [variant], race: race.name, target: plan.target, probes: { search } },
    },
    workspace.root,
  );
}

/** How to have it again, on any variant. */
export function againLines({ dir, steps }: MadeRun, variant: string): string[] {
  return thatDid(steps as readonly Searched[], 'minimise').flatMap((step) => {
    const hash = steps.find(({ step: each }) => each === step.step)?.hash;
    if (step.finding.schedule === null || hash === undefined) return [];
    const file = join(dir, RUN_FILES.steps, hash, SEARCH_FILES.schedule);
    return [`again: swaprace interleave replay ${file} ${variant}`];
  });
}
