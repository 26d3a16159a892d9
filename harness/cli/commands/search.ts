// SPDX-License-Identifier: GPL-2.0-only
import { resolve } from 'node:path';
import type { Plan, StressProbe } from '../../model/plan.ts';
import type { SearchSpec } from '../../model/search.ts';
import { readRace } from '../../race/read.ts';
import { functionsReached, openSearch, searchedFunctions, type SearchedKernel } from '../../pipeline/search-run.ts';
import type { Lab } from '../../lab/lab.ts';
import { searchStored } from '../../pipeline/search-store.ts';
import { probeOf } from '../../pipeline/stress-one.ts';
import { searchText } from '../../report/search.ts';
import { toJson, type CommandContext } from '../context.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { PLACED_UNDER } from './interleave.ts';
import { planOf, prepareVariant } from './variant.ts';

export interface SearchFlags extends PlanFlags {
  readonly probe?: string;
  readonly functions?: string;
  readonly rounds: string;
  readonly findings: string;
  readonly seed: string;
}

/** `interleave search`: holds threads of the stress workload at random, and minimises what it finds to a schedule. */
export async function searchCommand(context: CommandContext, variant: string, flags: SearchFlags): Promise<void> {
  const { workspace, signal, emit } = context;
  const plan = await planOf(context, flags);
  const probe = probeOf(plan, flags.probe);
  const { rounds, findings } = {
    rounds: wholeNumber('--rounds', flags.rounds),
    findings: wholeNumber('--findings', flags.findings),
  };
  const { kernel, lab } = await prepareVariant(context, plan, variant, flags, PLACED_UNDER);
  const searched = await openSearch(kernel, readRace(workspace.guestsDir, probe.race), signal);
  const functions = await functionsOf(context, searched, lab, plan, probe, variant, flags.functions);
  const spec: SearchSpec = {
    ...{
      variant,
      kernelId: kernel.record.id,
      buildId: kernel.buildId,
      probe: probe.id,
      seed: flags.seed,
      rounds,
      findings,
    },
    functions,
    contenderFunctions: searched.contender.calls,
  };
  const { search, dir, scheduleFile } = await searchStored(
    searched,
    lab,
    spec,
    probe,
    resolve(flags.results ?? workspace.resultsDir),
    {
      signal,
      onRound: ({ round, preemption, held, contender }) =>
        emit({
          kind: 'phase',
          name: `${round + 1} of ${rounds}`,
          detail:
            held === null
              ? `${preemption.func}: no thread reached it`
              : `${held.func}: ${searched.race.contender} ${contender}`,
        }),
      onMinimise: () =>
        emit({ kind: 'phase', name: 'minimise', detail: 'looking for a placed schedule that gives the finding' }),
    },
  );
  emit({ kind: 'phase', name: 'search', detail: dir });
  emit.done();
  context.print(flags.json === true ? toJson(search) : searchText(search, scheduleFile));
}

/** Those that are named, or those of the plan's target that this workload reaches. */
async function functionsOf(
  { emit, signal }: CommandContext,
  searched: SearchedKernel,
  lab: Lab,
  plan: Plan,
  probe: StressProbe,
  variant: string,
  named: string | undefined,
): Promise<readonly string[]> {
  if (named !== undefined) {
    const functions = named.split(',');
    for (const func of functions) searched.symbols.addressAt(func);
    return functions;
  }
  const all = searchedFunctions(searched, plan.target);
  const reached = await functionsReached(searched, lab, variant, probe, all, signal);
  emit({
    kind: 'phase',
    name: 'functions',
    detail: `${reached.length} of ${all.length} are reached: ${reached.join(', ')}`,
  });
  return reached;
}
