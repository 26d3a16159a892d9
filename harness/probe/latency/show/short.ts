// SPDX-License-Identifier: GPL-2.0-only
import type { Outline, ProbeVerdict, StepBrief, TrendFigure } from '../../../model/probe.ts';
import { analyse, type LatencyAnalysis } from '../analysis/analyse.ts';
import { analysedBoots, analysedPlan } from '../analysis/boots.ts';
import { armsOf } from '../arms.ts';
import { histogramQuantile } from '../boot/histogram.ts';
import { outcomeOf, type SeenBoot } from '../judge.ts';
import { thresholdText, type LatencySpec } from '../spec.ts';
import { titleOf } from './show.ts';
import { endpointText, ms } from './words.ts';

/** What it would do, arm by arm. */
export function outlineOfLatency(probe: LatencySpec): Outline {
  const { budget, variants, threshold } = probe;
  const arms = armsOf(variants);
  const boots = `${budget.minBoots} to ${budget.maxBoots} boots of each arm, at most ${budget.seconds} s, until ±${100 * budget.precision} %`;
  return {
    lines: [
      titleOf(probe),
      `${boots}; threshold ${thresholdText(threshold)}`,
      ...arms.map(({ id, role, variant, mode }) => `arm ${id}: ${role}, kernel ${variant}, workload ${mode}`),
    ],
    least: budget.minBoots * arms.length,
    most: budget.maxBoots * arms.length,
  };
}

/** What one boot says. */
export function briefOfBoot(probe: LatencySpec, seen: SeenBoot): StepBrief {
  const { args } = seen.step;
  const { result, splats } = seen.finding;
  const p99 = 'kind' in result ? null : histogramQuantile(result.inside, 0.99);
  return {
    outcome: outcomeOf(probe, seen),
    words:
      'kind' in result
        ? `${args.arm}: ${result.cause}, ${result.reason.split('\n')[0]}`
        : `${args.arm}: ${result.cycles} of ${ms(result.contenderUs)}, ${result.inside.total} wake-ups within horizons`,
    void: 'kind' in result && (result.cause === 'wrong-kernel' || result.cause === 'boot-failed'),
    measured: p99 === null ? null : { value: p99 / 1000, unit: 'us' },
    titles: [...new Set(splats.map(({ title }) => title))],
    splat: splats[0]?.text ?? null,
    cells: {
      arm: args.arm,
      block: args.block,
      cycles: 'kind' in result ? 0 : result.cycles,
      'p99, us': p99 === null ? '–' : Math.round(p99 / 1000),
    },
  };
}

/** Of what the history compares only the medians are used: no level is judged here. */
const ANY_ALPHA = 0.05;

/**
 * Exceedances to those of the control without the contender, and the contender's mean duration to that of the first
 * variant. Their names have everything with which runs are no longer comparable.
 */
export function trendOfLatency(
  probe: LatencySpec,
  seen: readonly SeenBoot[],
  { variants }: ProbeVerdict,
): TrendFigure[] {
  const { race, threshold } = probe;
  const analysis = analyse(analysedPlan(probe, ANY_ALPHA), analysedBoots(seen));
  const on = seen[0]?.finding.accelerator ?? 'no guest';
  return variants.flatMap(({ variant }) => {
    const cost = analysis.costs.find(({ arms: [, arm] }) => arm === variant)?.comparison?.medians;
    const own = cost ?? medianOf(analysis, variant, 'exceedances');
    const duration = medianOf(analysis, variant, 'contender');
    return [
      figureOf(variant, `exceedances per ${race.words.contender}, ${thresholdText(threshold)}, ${on}`, '', own),
      figureOf(variant, `${endpointText('contender', race.words)}, ${on}`, 'us', duration),
    ].flatMap((figure) => figure ?? []);
  });
}

type Medians = readonly [control: number | null, own: number];

function figureOf(variant: string, name: string, unit: string, medians: Medians | null): TrendFigure | null {
  if (medians === null) return null;
  const [control, own] = medians;
  const ratio = control === null || control === 0 ? null : own / control;
  return { variant, name, value: { kind: 'ratio', ratio, absolute: own, unit } };
}

/** With that of the first variant, to which it is compared; the first variant's own has nothing. */
function medianOf({ pairs }: LatencyAnalysis, variant: string, endpoint: 'exceedances' | 'contender'): Medians | null {
  for (const { arms, endpoints } of pairs) {
    const medians = endpoints.find((each) => each.endpoint === endpoint)?.comparison?.medians;
    if (medians === undefined) continue;
    if (arms[0] === variant) return [null, medians[0]];
    if (arms[1] === variant) return endpoint === 'contender' ? medians : [null, medians[1]];
  }
  return null;
}
