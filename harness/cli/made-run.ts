// SPDX-License-Identifier: GPL-2.0-only
import { join, resolve } from 'node:path';
import { buildKernels } from '../lab/kernels.ts';
import { EXIT, worstStatus, type ExitStatus } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { parsePlan } from '../plan/parse.ts';
import { PROBES } from '../probe/table.ts';
import { kindOf } from '../results/kinds.ts';
import { readRun, type StoredRun } from '../results/reader.ts';
import { resumeRun, runPlan, type RunOptions } from '../run/run.ts';
import { sameRun } from '../run/same.ts';
import type { CommandContext } from './context.ts';
import type { PlanFlags } from './flags.ts';

/** A run that a command made of a plan of its own. */
export interface MadeRun extends StoredRun {
  readonly dir: string;
}

/**
 * Runs the text of a plan as `scripts/run` would. A run that was stopped is resumed by the same command; one that is
 * whole is made again unless `reuse` takes it as it is.
 */
export async function madeRun(
  context: CommandContext,
  text: string,
  flags: Pick<PlanFlags, 'results' | 'offline'> & { readonly reuse?: boolean },
): Promise<MadeRun> {
  const { workspace, signal, emit } = context;
  const resultsDir = flags.results === undefined ? workspace.resultsDir : resolve(flags.results);
  const plan = parsePlan(text, { file: join(workspace.root, 'plan.yaml'), root: workspace.root });
  const offline = flags.offline ?? false;
  const options: RunOptions = { workspace: { ...workspace, resultsDir }, offline, signal, emit };
  const { kernels } = await buildKernels(plan.variants, { cacheDir: workspace.cacheDir, offline, signal, emit });
  const same = await sameRun(resultsDir, text, kernels, PROBES);
  if (same?.state === 'whole' && flags.reuse === true) {
    emit({ kind: 'phase', name: 'run', detail: `${same.dir}, which is taken as it is` });
    return { dir: same.dir, ...(await readRun(same.dir, PROBES)) };
  }
  planned(context, plan);
  const { dir } = await (same?.state === 'stopped' ? resumeRun(same.dir, options) : runPlan(plan, null, options));
  return { dir, ...(await readRun(dir, PROBES)) };
}

function planned({ emit }: CommandContext, { probes }: Plan): void {
  const outlines = probes.map((probe) => kindOf(PROBES, probe.kind).outline(probe));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  emit({
    kind: 'planned',
    least: sum(outlines.map(({ least }) => least)),
    most: sum(outlines.map(({ most }) => most)),
  });
}

/** The run's own status, and what became of steps of which a plan would only say that they are inconclusive. */
export function statusOf({ verdict, steps }: StoredRun, refused: string): ExitStatus {
  const statuses = steps.flatMap(({ end }): ExitStatus[] => {
    if (end.kind === 'completed') return [];
    return [end.kind === refused ? EXIT.usage : EXIT.inconclusive];
  });
  return worstStatus([verdict.status, ...statuses]);
}
