// SPDX-License-Identifier: GPL-2.0-only
import type { ProbeKind } from '../../model/probe.ts';
import type { Stage } from '../stage.ts';
import { stressContradictions } from './contradictions.ts';
import { deriveStress } from './derive.ts';
import { stressFinding, type StressFinding } from './finding.ts';
import { judgeStress } from './judge.ts';
import { nextTrial } from './next.ts';
import { runStress } from './run.ts';
import { briefOfStress, outlineOfStress, showStress, trendOfStress } from './show.ts';
import { stressArgs, stressKeys, stressSpec, type StressArgs, type StressSpec } from './spec.ts';

/** Threads of a race's workload race against a loop of its contender; the rate of crashes is the result. */
export const STRESS: ProbeKind<StressSpec, StressArgs, StressFinding, Stage> = {
  kind: 'stress',
  plan: stressKeys,
  spec: stressSpec,
  args: stressArgs,
  finding: stressFinding,
  outline: outlineOfStress,
  next: nextTrial,
  run: runStress,
  derive: (_step, _probe, end, files) => deriveStress(end, files),
  contradictions: stressContradictions,
  brief: briefOfStress,
  judge: judgeStress,
  show: showStress,
  trend: trendOfStress,
};
