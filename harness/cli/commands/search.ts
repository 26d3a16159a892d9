// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
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
  const { id, race, workload, backend, vcpus, memoryMiB, cmdline, threads, pages, hangSeconds } = stressOf(
    plan,
    flags.probe,
  );
  const search = {
    kind: 'search',
    ...{ workload, ...backendKeysOf(backend), vcpus, memory: `${memoryMiB}MiB`, cmdline, threads, pages },
    'hang-seconds': hangSeconds,
    ...(flags.functions === undefined ? {} : { functions: flags.functions.split(',') }),
    rounds: wholeNumber('--rounds', flags.rounds),
    findings: wholeNumber('--findings', flags.findings),
    seed: flags.seed,
  };
  const text = madePlanText(
    {
      ...{ name: 'search', describe: `a search of ${variant} under ${id} of the plan ${plan.name}` },
      ...{ from: plan, variants: [variant], race: race.name, target: plan.target, probes: { search } },
    },
    context.workspace.root,
  );
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

/** How to have it again, on any variant. */
function againLines({ dir, steps }: MadeRun, variant: string): string[] {
  return thatDid(steps as readonly Searched[], 'minimise').flatMap((step) => {
    const hash = steps.find(({ step: each }) => each === step.step)?.hash;
    if (step.finding.schedule === null || hash === undefined) return [];
    const file = join(dir, RUN_FILES.steps, hash, SEARCH_FILES.schedule);
    return [`again: swaprace interleave replay ${file} ${variant}`];
  });
}
