// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import { plannedExploration, type Exploration, type ExplorationRecord } from '../model/exploration.ts';
import type { RaceMap, RaceWindow } from '../model/interleave.ts';
import type { RunRecord } from '../model/trial.ts';
import { sameJson } from './audit-json.ts';
import type { AuditProblem, AuditTools } from './audit-model.ts';
import { firstDifference } from '../results/diff.ts';
import { ExplorationFiles } from './exploration-files.ts';
import { EXPLORATION_FILES, RUN_FILES } from './layout.ts';

/** An exploration as recomputed, and where its stored files differ from that. */
export interface AuditedExploration {
  readonly exploration: Exploration;
  readonly problems: readonly AuditProblem[];
}

/** Recomputes a race map from path.json and points.jsonl. Source lines at its edges are taken as stored. */
export async function auditExploration(
  runDir: string,
  id: string,
  run: RunRecord,
  tools: AuditTools,
): Promise<AuditedExploration> {
  const folder = join(RUN_FILES.explorations, id);
  const file = (name: keyof typeof EXPLORATION_FILES) => join(folder, EXPLORATION_FILES[name]);
  const files = new ExplorationFiles(join(runDir, folder));
  const record = await files.readRecord();
  const [path, stored, results] = [await files.readPath(), await files.readMap(), await files.readPoints()];
  const recomputed = path === null ? null : withSources(tools.mapOf(record.spec, path, results), stored);
  const difference = firstDifference(stored, recomputed, 'map');
  const problems = [
    ...auditSpec(id, record, run).map((what) => ({ file: file('exploration'), what })),
    ...(await sameJson(runDir, file('exploration'), record, record)),
    ...(path === null ? [] : await sameJson(runDir, file('path'), path, path)),
    ...(stored === null ? [] : await sameJson(runDir, file('map'), stored, stored)),
    ...(difference === null ? [] : [{ file: file('map'), what: difference }]),
  ];
  return { exploration: { spec: record.spec, end: record.end, map: recomputed }, problems };
}

function withSources(map: RaceMap, stored: RaceMap | null): RaceMap {
  const windows = map.windows.map((window, at): RaceWindow => {
    const known = stored?.windows[at];
    return known === undefined ? window : { ...window, firstSource: known.firstSource, lastSource: known.lastSource };
  });
  return { ...map, windows };
}

/** An exploration must be the one that the run's plan makes of its place, on the kernel that the run built. */
function auditSpec(id: string, { spec }: ExplorationRecord, run: RunRecord): string[] {
  if (spec.id !== id) return [`spec.id is ${spec.id}, its folder ${id}`];
  const probe = run.plan.explorations.find((each) => each.id === spec.probe);
  const kernel = run.kernels[spec.variant];
  if (probe === undefined || kernel === undefined || !probe.variants.includes(spec.variant)) {
    return [`the run has no ${spec.variant} under ${spec.probe}`];
  }
  const difference = firstDifference(spec, plannedExploration(probe, spec.variant, kernel), 'spec');
  return difference === null ? [] : [difference];
}
