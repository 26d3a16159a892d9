// SPDX-License-Identifier: GPL-2.0-only
import type { ProbeKind } from '../../model/probe.ts';
import type { Stage } from '../stage.ts';
import { latencyContradictions } from './contradictions.ts';
import { deriveBoot } from './derive.ts';
import { nextBoot } from './design.ts';
import { latencyFinding, type LatencyFinding } from './finding.ts';
import { judgeLatency } from './judge.ts';
import { runBoot, type Measure } from './run.ts';
import { briefOfBoot, outlineOfLatency, trendOfLatency } from './show/short.ts';
import { showLatency } from './show/show.ts';
import { latencyArgs, latencyKeys, latencySpec, type LatencyArgs, type LatencySpec } from './spec.ts';

/** Real-time threads are measured while the contender is called again and again; variants are compared. */
export const LATENCY = latencyBy();

/** The same kind, measuring in another way: on a machine that runs already. */
export function latencyBy(measure?: Measure): ProbeKind<LatencySpec, LatencyArgs, LatencyFinding, Stage> {
  return {
    kind: 'latency',
    plan: latencyKeys,
    spec: latencySpec,
    args: latencyArgs,
    finding: latencyFinding,
    outline: outlineOfLatency,
    next: nextBoot,
    run: (step, probe, stage) => runBoot(step, probe, stage, measure),
    derive: deriveBoot,
    contradictions: latencyContradictions,
    brief: briefOfBoot,
    judge: judgeLatency,
    show: showLatency,
    trend: trendOfLatency,
  };
}
