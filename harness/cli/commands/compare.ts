// SPDX-License-Identifier: GPL-2.0-only
import { EXIT, UsageError } from '../../model/errors.ts';
import { findRun } from '../../run/run-folder.ts';
import { compareRuns, type RunToCompare } from '../../probe/latency/analysis/across.ts';
import { primaryOf } from '../../probe/latency/analysis/analyse.ts';
import type { SeenBoot } from '../../probe/latency/judge.ts';
import { acrossSection } from '../../probe/latency/show/across.ts';
import type { LatencySpec } from '../../probe/latency/spec.ts';
import { PROBES } from '../../probe/table.ts';
import { sectionText } from '../../report/text.ts';
import { readRun } from '../../results/reader.ts';
import { seenOf } from '../../results/verdict.ts';
import { auditRun } from '../../run/stored.ts';
import { toJson, type CommandContext } from '../context.ts';
import { reportCommand } from './report.ts';

/** `compare`: the report of one run, with whatever does not follow from its raw files; or two against each other. */
export async function compareCommand(
  context: CommandContext,
  name: string,
  other: string | undefined,
  flags: { readonly json?: boolean },
): Promise<void> {
  if (other === undefined) return compareOne(context, name, flags.json === true);
  const first = await latencyRun(context, name);
  const across = compareRuns(first, await latencyRun(context, other));
  context.print(flags.json === true ? toJson(across) : sectionText(acrossSection(across, first.probe.race.words)));
  const isBlind = across.pairs.some((pair) => primaryOf(pair).verdict.kind === 'not-resolvable');
  context.setStatus(isBlind ? EXIT.inconclusive : EXIT.met);
}

async function compareOne(context: CommandContext, name: string, json: boolean): Promise<void> {
  const { dir } = await findRun(name, context.workspace);
  await reportCommand(context, dir, { format: json ? 'json' : 'text' });
  const { problems } = await auditRun(dir, context.workspace, context.signal);
  for (const { file, what } of problems) context.emit({ kind: 'note', message: `${file}: ${what}` });
  if (problems.length > 0) context.setStatus(EXIT.missed);
}

/** @throws UsageError `NO_LATENCY_PROBE`. */
async function latencyRun({ workspace }: CommandContext, name: string): Promise<RunToCompare> {
  const { dir } = await findRun(name, workspace);
  const { header, steps } = await readRun(dir, PROBES);
  const probe = header.plan.probes.find(({ kind }) => kind === 'latency') as LatencySpec | undefined;
  if (probe !== undefined) return { header, probe, seen: seenOf(probe, steps) as readonly unknown[] as SeenBoot[] };
  throw new UsageError('NO_LATENCY_PROBE', `${header.id} measured no latency: there is nothing to compare`, {
    hint: 'name two runs of a plan with a probe of the kind latency',
  });
}
