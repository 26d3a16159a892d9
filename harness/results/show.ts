// SPDX-License-Identifier: GPL-2.0-only
import { stepName, type JudgeContext, type ProbeSpec, type ProbeVerdict } from '../model/probe.ts';
import type { ShownProbe, ShownRun, ShownStep } from '../model/shown.ts';
import { kindOf, type KindTable } from './kinds.ts';
import type { StoredRun, StoredStep } from './reader.ts';
import { seenOf, unavailable } from './verdict.ts';

/** A run as reports are written from it. */
export function showRun({ header, steps, verdict }: StoredRun, kinds: KindTable): ShownRun {
  const context = { alpha: header.plan.alpha, unavailable: unavailable(header) };
  const probes = header.plan.probes.flatMap((probe, at): ShownProbe[] => {
    const own = verdict.probes[at];
    return own === undefined ? [] : [showProbe(probe, seenOf(probe, steps), own, context, kinds)];
  });
  return { header, verdict, probes };
}

function showProbe(
  spec: ProbeSpec,
  seen: readonly StoredStep[],
  verdict: ProbeVerdict,
  context: JudgeContext,
  kinds: KindTable,
): ShownProbe {
  const kind = kindOf(kinds, spec.kind);
  return {
    spec,
    verdict,
    section: kind.show(spec, seen, verdict, context),
    steps: showSteps(spec, seen, kinds),
    trend: kind.trend(spec, seen, verdict),
  };
}

export function showSteps(spec: ProbeSpec, seen: readonly StoredStep[], kinds: KindTable): ShownStep[] {
  const kind = kindOf(kinds, spec.kind);
  return seen.map((each) => ({
    name: stepName(each.step),
    hash: each.hash,
    step: each.step,
    end: each.end,
    brief: kind.brief(spec, each),
  }));
}
