// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../../model/errors.ts';
import { judgeExpectation } from '../../model/expectation.ts';
import { countSteps, FINDINGS, type Expectation, type StepOutcome, type VariantOutcome } from '../../model/outcome.ts';
import type { JudgeContext, ProbedVariant, ProbeVerdict, Seen } from '../../model/probe.ts';
import { classify } from '../../model/signature.ts';
import { analyse, primaryOf, type LatencyAnalysis } from './analysis/analyse.ts';
import { analysedBoots, analysedPlan } from './analysis/boots.ts';
import type { LatencyFinding } from './finding.ts';
import { verdictText } from './show/words.ts';
import type { LatencyArgs, LatencySpec } from './spec.ts';

export type SeenBoot = Seen<LatencyArgs, LatencyFinding>;

/** What a variant is measured for; a plan that expects another outcome of one says so. */
const MEASURED: Expectation = { accept: ['measured'], known: [] };

/** What one boot says of its kernel. */
export function outcomeOf(probe: LatencySpec, { finding: { result, splats } }: SeenBoot): StepOutcome {
  if (!('kind' in result)) return 'ok';
  if (result.cause === 'hang') return 'hang';
  if (result.cause !== 'kernel-complained') return 'inconclusive';
  return splats.some((splat) => classify(splat, probe.race.target) === 'target') ? 'target' : 'other-bug';
}

/** What the boots of a probe say. */
export function judgeLatency(
  probe: LatencySpec,
  seen: readonly SeenBoot[],
  { alpha, unavailable }: JudgeContext,
): ProbeVerdict {
  const analysis = analyse(analysedPlan(probe, alpha), analysedBoots(seen));
  const variants = probe.variants.map((variant) =>
    probedVariant(probe, variant, seen, analysis, unavailable[variant] ?? null),
  );
  const asExpected = new Set(
    variants.flatMap(({ variant, expectation: { kind } }) => (kind === 'met' || kind === 'known' ? [variant] : [])),
  );
  return {
    ...{ probe: probe.id, kind: probe.kind, blind: null, variants },
    statuses: [
      // A variant says so itself; a control is no variant.
      ...analysis.arms.flatMap(({ arm, usable }) =>
        usable > 0 || arm.role === 'variant' || !asExpected.has(arm.variant)
          ? []
          : [{ status: EXIT.inconclusive, reason: `${probe.id}: ${arm.id} has no usable boot` }],
      ),
      ...seen.flatMap(({ step, finding: { result } }) =>
        'kind' in result && result.cause === 'host-fault'
          ? [{ status: EXIT.hostFault, reason: `${probe.id}/${step.args.arm}: ${result.reason}` }]
          : [],
      ),
    ],
  };
}

function probedVariant(
  probe: LatencySpec,
  variant: string,
  seen: readonly SeenBoot[],
  analysis: LatencyAnalysis,
  missing: string | null,
): ProbedVariant {
  const own = seen.filter(({ step }) => step.variant === variant);
  const counts = countSteps(own.map((boot) => outcomeOf(probe, boot)));
  const { outcome, reason } = shown(probe, variant, counts, analysis, missing);
  const usable = analysis.arms.find(({ arm }) => arm.id === variant)?.usable ?? 0;
  const shownOutcome = { outcome, reason, trials: counts, exposure: usable, bugBesides: null };
  return {
    ...{ variant, outcome, reason, counts, unit: 'boot' },
    signatures: signaturesOf(probe, own),
    expectation: judgeExpectation(shownOutcome, probe.expect[variant] ?? MEASURED),
    figures: figuresOf(variant, analysis),
  };
}

function shown(
  probe: LatencySpec,
  variant: string,
  counts: ProbedVariant['counts'],
  { arms, pairs }: LatencyAnalysis,
  missing: string | null,
): { readonly outcome: VariantOutcome; readonly reason: string } {
  if (missing !== null) return { outcome: 'inconclusive', reason: missing };
  const own = arms.find(({ arm }) => arm.id === variant);
  const found = FINDINGS.find((kind) => counts[kind] > 0);
  const [lost] = own?.unusable ?? [];
  if (found !== undefined) {
    const first = arms.flatMap(({ arm, unusable }) => (arm.variant === variant ? unusable : []))[0];
    return {
      outcome: found,
      reason: `${counts[found]} of its boots, as ${first?.boot ?? '?'}: ${first?.reason ?? found}`,
    };
  }
  if (own === undefined || own.usable === 0) {
    const why = lost === undefined ? 'it was not measured' : `no usable boot, as ${lost.boot}: ${lost.reason}`;
    return { outcome: 'inconclusive', reason: why };
  }
  const pair = pairs.find(({ arms: [, b] }) => b === variant);
  if (pair === undefined)
    return {
      outcome: 'measured',
      reason: probe.variants.length > 1 ? 'what the others are compared with' : 'measured',
    };
  const { verdict, endpoint } = primaryOf(pair);
  const reason = verdictText(verdict, endpoint);
  return { outcome: verdict.kind === 'not-resolvable' ? 'inconclusive' : 'measured', reason };
}

/** What was analysed of a variant: its boots, and how it compares with the first. */
function figuresOf(variant: string, { arms, pairs, costs, thresholdNs }: LatencyAnalysis): ProbedVariant['figures'] {
  return {
    thresholdUs: thresholdNs / 1000,
    arms: arms
      .filter(({ arm }) => arm.variant === variant)
      .map(({ arm, usable, unusable }) => ({ arm: arm.id, usable, unusable })),
    pair: pairs.find(({ arms: [, b] }) => b === variant) ?? null,
    cost: costs.find(({ arms: [, b] }) => b === variant) ?? null,
  };
}

function signaturesOf({ race }: LatencySpec, seen: readonly SeenBoot[]): ProbedVariant['signatures'] {
  const titles = new Map<string, { title: string; count: number; target: boolean }>();
  for (const { finding } of seen) {
    for (const title of new Set(finding.splats.map((splat) => splat.title))) {
      const target = finding.splats.some((splat) => splat.title === title && classify(splat, race.target) === 'target');
      const known = titles.get(title);
      titles.set(title, { title, count: (known?.count ?? 0) + 1, target: target || known?.target === true });
    }
  }
  return [...titles.values()].sort((a, b) => Number(b.target) - Number(a.target) || b.count - a.count);
}
