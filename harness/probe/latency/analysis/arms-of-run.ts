// SPDX-License-Identifier: GPL-2.0-only
import type { LatencyThreshold } from '../spec.ts';
import type { Arm, Unusable } from '../types.ts';
import {
  compareEndpoint,
  exceedanceRatio,
  type CompareOptions,
  type EndpointComparison,
  type Replicate,
} from './compare.ts';
import { controlledBy, exceedancesOf, PRIMARY, type BootFigures, type EndpointId } from '../boot/figures.ts';
import { edgeAbove, histogramQuantile, mergeHistograms } from '../boot/histogram.ts';
import { holm } from '../../../stats/holm.ts';
import { judgeEndpoint, TELLING, type ArmBoots, type JudgeOptions, type LatencyVerdict } from './verdict.ts';

/** One boot as it enters the analysis. */
export interface AnalysedBoot {
  readonly id: string;
  readonly arm: string;
  readonly block: number;
  readonly result: BootFigures | Unusable;
}

/** One endpoint of one pair, compared and judged. */
export interface JudgedEndpoint {
  readonly endpoint: EndpointId;
  readonly comparison: EndpointComparison | null;
  /** After Holm: the primary endpoints of all pairs together, all others together. */
  readonly adjustedP: number;
  readonly verdict: LatencyVerdict;
}

/** A control: the primary endpoint of its arm against another. */
export interface ControlAnalysis {
  readonly arms: readonly [a: string, b: string];
  readonly comparison: EndpointComparison | null;
}

/** What a run's boots are analysed by. */
export interface AnalysedPlan {
  readonly arms: readonly Arm[];
  readonly threshold: LatencyThreshold;
  readonly alpha: number;
  /** Of what is resampled. */
  readonly seed: number;
}

const STOPGAP_THRESHOLD_NS = 1_000_000;

/** The boots of a run by their arms, and how arms are compared. */
export class ArmsOfRun {
  readonly options: CompareOptions;
  readonly thresholdFrom: 'plan' | 'stopgap';
  readonly variants: readonly Arm[];

  constructor(
    private readonly plan: AnalysedPlan,
    private readonly boots: readonly AnalysedBoot[],
  ) {
    this.variants = plan.arms.filter(({ role }) => role === 'variant');
    const quiet = this.usable(this.#first('quiet'));
    const thresholdNs = thresholdOf(plan.threshold, quiet);
    this.thresholdFrom = thresholdNs === null ? 'stopgap' : 'plan';
    this.options = {
      thresholdNs: thresholdNs ?? edgeAbove(STOPGAP_THRESHOLD_NS),
      confidence: 1 - plan.alpha,
      seed: plan.seed,
      blocked: true,
    };
  }

  /** Usable boots of an arm. */
  usable(arm: string | undefined): Replicate[] {
    return replicatesOf(this.boots, arm);
  }

  /** The primary endpoint between the first arms of two roles; null when the plan has none of them. */
  control(a: Arm['role'], b: Arm['role']): ControlAnalysis | null {
    return this.#control(this.#first(a), this.#first(b));
  }

  /** What the contender costs on a variant. */
  cost(variant: string): ControlAnalysis | null {
    return this.#control(this.#first('quiet'), variant);
  }

  /** Endpoints of every variant against the first one; p is adjusted among those that are asked for. */
  judge(
    endpoints: readonly EndpointId[],
  ): { readonly arms: readonly [string, string]; readonly endpoints: readonly JudgedEndpoint[] }[] {
    const first = this.#first('variant') ?? '';
    const pairs = this.variants.slice(1).map(({ id }) => ({
      arms: [first, id] as const,
      compared: endpoints.map((endpoint) => ({ endpoint, comparison: this.#compare(endpoint, first, id) })),
    }));
    const adjusted = adjust(pairs.flatMap(({ compared }) => compared));
    return pairs.map(({ arms, compared }) => ({
      arms,
      endpoints: compared.map((each): JudgedEndpoint => {
        const { endpoint, comparison } = each;
        const { p: adjustedP, family } = adjusted.get(each) ?? { p: 1, family: 1 };
        const verdict = judgeEndpoint({
          ...{ arms, comparison, adjustedP, family, alpha: this.plan.alpha },
          ...armsTogether(this.boots, this.boots, arms, this.options),
          nullPair: this.#compare(endpoint, first, this.#first('null')),
          positive: this.#positiveFor(endpoint),
        });
        return { endpoint, comparison, adjustedP, verdict };
      }),
    }));
  }

  /** What a stop of the machine has to show next to the same kernel without it for an endpoint to be believed. */
  #positiveFor(endpoint: EndpointId): JudgeOptions['positive'] {
    const control = controlledBy(endpoint);
    return control === null ? 'not-needed' : this.#compare(control, this.#first('variant'), this.#first('stop'));
  }

  #first(role: Arm['role']): string | undefined {
    return this.plan.arms.find((arm) => arm.role === role)?.id;
  }

  #compare(endpoint: EndpointId, a: string | undefined, b: string | undefined): EndpointComparison | null {
    return compareEndpoint(endpoint, this.usable(a), this.usable(b), this.options);
  }

  #control(a: string | undefined, b: string | undefined): ControlAnalysis | null {
    return a === undefined || b === undefined ? null : { arms: [a, b], comparison: this.#compare(PRIMARY, a, b) };
  }
}

/** At the edge of a bin, where counting is exact; null when it is a percentile of no boot. */
function thresholdOf(threshold: LatencyThreshold, quiet: readonly Replicate[]): number | null {
  switch (threshold.kind) {
    case 'fixed':
      return edgeAbove(threshold.us * 1000);
    case 'quiet-percentile':
      return histogramQuantile(mergeHistograms(quiet.map(({ figures }) => figures.inside)), threshold.percent / 100);
  }
}

interface Compared {
  readonly endpoint: EndpointId;
  readonly comparison: EndpointComparison | null;
}

/** Usable boots of an arm. */
export function replicatesOf(boots: readonly AnalysedBoot[], arm: string | undefined): Replicate[] {
  return boots.flatMap(({ arm: own, block, result }) =>
    own === arm && !('kind' in result) ? [{ block, figures: result }] : [],
  );
}

/** What all boots of two arms say together, those included that have no figure. */
export function armsTogether(
  first: readonly AnalysedBoot[],
  second: readonly AnalysedBoot[],
  [a, b]: readonly [string, string],
  options: CompareOptions,
): Pick<JudgeOptions, 'boots' | 'ratio' | 'events'> {
  const [x, y] = [replicatesOf(first, a), replicatesOf(second, b)];
  const events = (boots: readonly Replicate[]): number =>
    boots.reduce((sum, { figures }) => sum + exceedancesOf(figures, options.thresholdNs).events, 0);
  return {
    boots: [madeOf(first, a), madeOf(second, b)],
    ratio: exceedanceRatio(x, y, options)?.interval ?? null,
    events: [events(x), events(y)],
  };
}

function madeOf(boots: readonly AnalysedBoot[], arm: string): ArmBoots {
  const own = boots.filter((boot) => boot.arm === arm);
  return {
    made: own.length,
    telling: own.filter(({ result }) => 'kind' in result && TELLING.includes(result.cause)).length,
  };
}

interface Adjusted {
  readonly p: number;
  /** How many were adjusted together. */
  readonly family: number;
}

/** Holm, once over the primary endpoints and once over all others. */
function adjust(all: readonly Compared[]): Map<Compared, Adjusted> {
  const present = all.filter(({ comparison }) => comparison !== null);
  const families = [
    present.filter(({ endpoint }) => endpoint === PRIMARY),
    present.filter(({ endpoint }) => endpoint !== PRIMARY),
  ];
  return new Map(
    families.flatMap((family) => {
      const ps = holm(family.map(({ comparison }) => comparison?.p ?? 1));
      return family.map((each, index) => [each, { p: ps[index] ?? 1, family: family.length }] as const);
    }),
  );
}
