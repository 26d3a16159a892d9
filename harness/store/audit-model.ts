// SPDX-License-Identifier: GPL-2.0-only
import type { Exploration, ExplorationSpec, ExploredPath } from '../model/exploration.ts';
import type { PointResult, RaceMap } from '../model/interleave.ts';
import type { Plan, TargetSignature } from '../model/plan.ts';
import type { Splat } from '../model/splat.ts';
import type { Evidence, Trouble } from '../model/trial.ts';
import type { JudgedTrial, RunResult, RunVerdict, TrialVerdict } from '../model/verdict.ts';
import type { EvidenceTools } from './derive.ts';

/** What a run is recomputed with; other stages know how. */
export interface AuditTools extends EvidenceTools {
  readonly judgeTrial: (evidence: Evidence, target: TargetSignature) => TrialVerdict;
  readonly judgeRun: (
    plan: Plan,
    trials: readonly JudgedTrial[],
    troubles: readonly Trouble[],
    explorations: readonly Exploration[],
  ) => RunVerdict;
  /** The map that points make, without source lines at its edges. */
  readonly mapOf: (spec: ExplorationSpec, path: ExploredPath, results: readonly PointResult[]) => RaceMap;
  readonly reportText: (run: RunResult) => string;
  /** Symbolises again; null where the kernel is no longer at hand. Absent: what was symbolised is taken as stored. */
  readonly symbolize?: (kernelId: string, splats: readonly Splat[]) => Promise<readonly Splat[] | null>;
}

/** One thing that is not as it should be. */
export interface AuditProblem {
  /** Relative to the run's folder. */
  readonly file: string;
  readonly what: string;
}
