// SPDX-License-Identifier: GPL-2.0-only
import { stepName, stepSeed, type ProbeSpec, type Seen, type Step } from '../model/probe.ts';
import type { RunHeader } from '../model/run.ts';
import { kindOf, type KindTable } from './kinds.ts';
import { shortHash } from './layout.ts';
import { unavailable } from './verdict.ts';

/** The step that a run makes next under a probe, given those that it has; null when there is nothing more to do. */
export function plannedStep(
  header: Pick<RunHeader, 'plan' | 'kernels'>,
  probe: ProbeSpec,
  seen: readonly Seen[],
  kinds: KindTable,
): Step | null {
  const { plan, kernels } = header;
  const context = { alpha: plan.alpha, seed: plan.seed, unavailable: unavailable(header) };
  const next = kindOf(kinds, probe.kind).next(probe, seen, context);
  if (next.kind === 'done') return null;
  const { variant, index, args } = next.step;
  const kernel = kernels[variant];
  if (kernel === undefined) throw new Error(`${probe.kind} plans a step on ${variant}, which has no kernel`);
  return {
    plan: shortHash(plan.text),
    probe: probe.id,
    variant,
    kernel: kernel.id,
    buildId: kernel.buildId,
    index,
    seed: stepSeed(plan.seed, stepName({ probe: probe.id, variant, index })),
    args: JSON.parse(JSON.stringify(args)),
  };
}
