// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plannedTrial } from '../model/planned-trial.ts';
import type { Splat } from '../model/splat.ts';
import type { Evidence, RunRecord, TrialRecord } from '../model/trial.ts';
import type { JudgedTrial } from '../model/verdict.ts';
import type { AuditProblem, AuditTools } from './audit-model.ts';
import { sameJson } from './audit-json.ts';
import { deriveEvidence } from './derive.ts';
import { firstDifference } from '../results/diff.ts';
import { RUN_FILES, TRIAL_FILES } from './layout.ts';
import { judged, readTrial, type StoredTrial } from './read.ts';
import { readJson } from '../results/read-json.ts';
import * as schema from './schema.ts';

/** A trial as recomputed, and where its stored files differ from that. */
export interface AuditedTrial {
  readonly judged: JudgedTrial;
  readonly problems: readonly AuditProblem[];
}

/** Recomputes one trial from console.log, workload.jsonl and trial.json. @throws HostError for an unreadable file. */
export async function auditTrial(runDir: string, id: string, run: RunRecord, tools: AuditTools): Promise<AuditedTrial> {
  const file = (name: string) => join(RUN_FILES.trials, id, name);
  const stored = await readTrial(runDir, id);
  const { record } = stored;
  const workload = await readFile(join(runDir, file(TRIAL_FILES.workload)), 'utf8');
  const console = await readFile(join(runDir, file(TRIAL_FILES.console)));
  const scanned = deriveEvidence({ record, console, workload }, tools);
  const evidence: Evidence = { ...scanned, splats: await resymbolize(scanned, stored, tools) };
  const verdict = tools.judgeTrial(evidence, run.plan.target);
  const argv = await readJson(join(runDir, file(TRIAL_FILES.argv)), schema.argv);

  const { spec: _spec, end: _end, splats: _splats, ...rest } = evidence;
  const problems = [
    ...auditSpec(id, record, run).map((what) => ({ file: file(TRIAL_FILES.trial), what })),
    ...auditEnd(record, tools.parseWorkload(workload).ended).map((what) => ({ file: file(TRIAL_FILES.trial), what })),
    ...(await sameJson(runDir, file(TRIAL_FILES.trial), record, record)),
    ...(await sameJson(runDir, file(TRIAL_FILES.argv), argv, argv)),
    ...(await sameJson(runDir, file(TRIAL_FILES.evidence), stored.evidence, rest)),
    ...(await sameJson(runDir, file(TRIAL_FILES.splats), stored.splats, evidence.splats)),
    ...(await sameJson(runDir, file(TRIAL_FILES.verdict), stored.verdict, verdict)),
  ];
  return { judged: judged({ ...stored, evidence: rest, splats: evidence.splats, verdict }), problems };
}

/** Splats of the console with file, line and inlined functions: looked up again where that can be, else as stored. */
async function resymbolize(scanned: Evidence, stored: StoredTrial, tools: AuditTools): Promise<readonly Splat[]> {
  const again = await tools.symbolize?.(scanned.spec.kernelId, scanned.splats);
  if (again !== undefined && again !== null) return again;
  return scanned.splats.map((splat, index) => withLocations(splat, stored.splats[index]));
}

function withLocations(splat: Splat, stored: Splat | undefined): Splat {
  const frames = splat.frames.map((frame, index) => {
    const known = stored?.frames[index];
    return known === undefined ? frame : { ...frame, location: known.location, inlined: known.inlined };
  });
  return { ...splat, frames };
}

/** A trial must be the one that the run's plan makes of its place, on the kernel that the run built. */
function auditSpec(id: string, { spec, meta }: TrialRecord, run: RunRecord): string[] {
  if (spec.id !== id) return [`spec.id is ${spec.id}, its folder ${id}`];
  const probe = run.plan.probes.find((each) => each.id === spec.probe);
  const kernel = run.kernels[spec.variant];
  if (probe === undefined || kernel === undefined || !probe.variants.includes(spec.variant)) {
    return [`the run has no ${spec.variant} under ${spec.probe}`];
  }
  const wanted = plannedTrial(run.plan, probe, spec.variant, spec.index, kernel);
  const difference = firstDifference(spec, wanted, 'spec');
  const accelerator = firstDifference(meta.accelerator, run.accelerator?.accelerator, 'meta.accelerator');
  return [difference, accelerator].filter((what) => what !== null);
}

function auditEnd({ end }: TrialRecord, ended: boolean): string[] {
  if (end.kind !== 'completed' || ended) return [];
  return [`end.kind is "completed", but ${TRIAL_FILES.workload} holds no end marker`];
}
