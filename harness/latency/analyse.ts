import type { Arm, LatencyPlan, LatencyThreshold, Unusable } from '../model/latency.ts';
import { compareEndpoint, exceedanceRatio, quantileRatio, type CompareOptions, type EndpointComparison, type QuantileRatio } from './compare.ts';
import { controlledBy, ENDPOINT_IDS, PRIMARY, type BootFigures, type EndpointId, type ExcessCauses } from './figures.ts';
import { edgeAbove, histogramQuantile, mergeHistograms } from './histogram.ts';
import { holm } from './stats/holm.ts';
import type { RateRatio } from './stats/rate-ratio.ts';
import { judgeEndpoint, type JudgeOptions, type LatencyVerdict } from './verdict.ts';

/** One boot as it enters the analysis. */
export interface AnalysedBoot {
  readonly id: string;
  readonly arm: string;
  readonly result: BootFigures | Unusable;
}

/** What became of an arm's boots. */
export interface ArmSummary {
  readonly arm: Arm;
  readonly usable: number;
  /** Boots whose figures were not used, each with its cause and reason. */
  readonly unusable: readonly { readonly boot: string; readonly cause: Unusable['cause']; readonly reason: string }[];
}

/** One endpoint of one pair, compared and judged. */
export interface JudgedEndpoint {
  readonly endpoint: EndpointId;
  readonly comparison: EndpointComparison | null;
  /** After Holm: the primary endpoints of all pairs together, all others together. */
  readonly adjustedP: number;
  readonly verdict: LatencyVerdict;
}

/** Two arms. */
export interface PairAnalysis {
  readonly arms: readonly [a: string, b: string];
  readonly endpoints: readonly JudgedEndpoint[];
  /** Exceedances a swapoff, b's over a's. */
  readonly ratio: RateRatio | null;
  /** p99 of all wake-ups within horizons, b's over a's. */
  readonly p99: QuantileRatio | null;
}

/** A control: the primary endpoint of its arm against another. */
export interface ControlAnalysis {
  readonly arms: readonly [a: string, b: string];
  readonly comparison: EndpointComparison | null;
}

/** Everything that a run's boots say. */
export interface LatencyAnalysis {
  /** Latency above which a wake-up is an exceedance, nanoseconds. */
  readonly thresholdNs: number;
  /** The plan's own; or, where its percentile is of a control without usable boots, a stopgap. */
  readonly thresholdFrom: 'plan' | 'stopgap';
  readonly alpha: number;
  readonly arms: readonly ArmSummary[];
  /** Every variant against the first one. */
  readonly pairs: readonly PairAnalysis[];
  readonly nullPair: ControlAnalysis | null;
  /** The stopped machine against the control without swapoff. */
  readonly positive: ControlAnalysis | null;
  /** Each variant against the control without swapoff: what swapoff costs at all. */
  readonly costs: readonly ControlAnalysis[];
  /** What made each arm's wake-ups late; absent where the instrument does not tell. */
  readonly causes?: readonly ArmCauses[];
}

/** The excess of an arm's horizons by its causes: of every usable boot, in their order. */
export interface ArmCauses {
  readonly arm: string;
  readonly boots: readonly ExcessCauses[];
}

const STOPGAP_THRESHOLD_NS = 1_000_000;

type AnalysedPlan = Pick<LatencyPlan, 'arms' | 'threshold' | 'alpha' | 'seed'>;

/** The primary endpoint of every pair: what decides whether more boots are needed. */
export interface PrimaryAnalysis {
  readonly thresholdNs: number;
  readonly pairs: readonly { readonly arms: readonly [a: string, b: string]; readonly primary: JudgedEndpoint }[];
}

/** Compares and judges the primary endpoint of every variant against the first one. */
export function analysePrimary(plan: AnalysedPlan, boots: readonly AnalysedBoot[]): PrimaryAnalysis {
  const arms = new ArmsOfRun(plan, boots);
  const judged = arms.judge([PRIMARY]);
  return { thresholdNs: arms.options.thresholdNs, pairs: judged.map(({ arms: pair, endpoints }) => ({ arms: pair, primary: endpoints[0] as JudgedEndpoint })) };
}

/** Analyses a run. The same boots give the same analysis, also after it was stored. */
export function analyse(plan: AnalysedPlan, boots: readonly AnalysedBoot[]): LatencyAnalysis {
  const arms = new ArmsOfRun(plan, boots);
  const causes = plan.arms.map(({ id }): ArmCauses => ({ arm: id, boots: arms.figuresOf(id).flatMap(({ excessCauses }) => excessCauses ?? []) }));
  return {
    thresholdNs: arms.options.thresholdNs,
    thresholdFrom: arms.thresholdFrom,
    alpha: plan.alpha,
    arms: plan.arms.map((arm) => summary(arm, boots)),
    pairs: arms.judge(ENDPOINT_IDS).map(({ arms: [a, b], endpoints }) => ({
      arms: [a, b],
      endpoints,
      ratio: exceedanceRatio(arms.figuresOf(a), arms.figuresOf(b), arms.options),
      p99: quantileRatio(0.99, arms.figuresOf(a), arms.figuresOf(b), arms.options),
    })),
    nullPair: arms.control('variant', 'null'),
    positive: arms.control('quiet', 'stop'),
    costs: arms.variants.flatMap(({ id }) => arms.cost(id) ?? []),
    ...(causes.some((each) => each.boots.length > 0) ? { causes } : {}),
  };
}

/** The boots of a run by their arms, and how arms are compared. */
class ArmsOfRun {
  readonly options: CompareOptions;
  readonly thresholdFrom: LatencyAnalysis['thresholdFrom'];
  readonly variants: readonly Arm[];

  constructor(
    private readonly plan: AnalysedPlan,
    private readonly boots: readonly AnalysedBoot[],
  ) {
    this.variants = plan.arms.filter(({ role }) => role === 'variant');
    const quiet = this.figuresOf(this.#first('quiet'));
    const thresholdNs = thresholdOf(plan.threshold, quiet);
    this.thresholdFrom = thresholdNs === null ? 'stopgap' : 'plan';
    this.options = { thresholdNs: thresholdNs ?? edgeAbove(STOPGAP_THRESHOLD_NS), confidence: 1 - plan.alpha, seed: plan.seed };
  }

  figuresOf(arm: string | undefined): BootFigures[] {
    return this.boots.flatMap((boot) => (boot.arm === arm && !('kind' in boot.result) ? [boot.result] : []));
  }

  /** The primary endpoint between the first arms of two roles; null when the plan has none of them. */
  control(a: Arm['role'], b: Arm['role']): ControlAnalysis | null {
    return this.#control(this.#first(a), this.#first(b));
  }

  /** What swapoff costs on a variant. */
  cost(variant: string): ControlAnalysis | null {
    return this.#control(this.#first('quiet'), variant);
  }

  /** Endpoints of every variant against the first one; p is adjusted among those that are asked for. */
  judge(endpoints: readonly EndpointId[]): { readonly arms: readonly [string, string]; readonly endpoints: readonly JudgedEndpoint[] }[] {
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
        const adjustedP = adjusted.get(each) ?? 1;
        const verdict = judgeEndpoint({
          arms,
          comparison,
          adjustedP,
          alpha: this.plan.alpha,
          nullPair: this.#compare(endpoint, first, this.#first('null')),
          positive: this.#positiveFor(endpoint),
        });
        return { endpoint, comparison, adjustedP, verdict };
      }),
    }));
  }

  /** What a stop of the machine has to show for an endpoint to be believed. */
  #positiveFor(endpoint: EndpointId): JudgeOptions['positive'] {
    const control = controlledBy(endpoint);
    return control === null ? 'not-needed' : this.#compare(control, this.#first('quiet'), this.#first('stop'));
  }

  #first(role: Arm['role']): string | undefined {
    return this.plan.arms.find((arm) => arm.role === role)?.id;
  }

  #compare(endpoint: EndpointId, a: string | undefined, b: string | undefined): EndpointComparison | null {
    return compareEndpoint(endpoint, this.figuresOf(a), this.figuresOf(b), this.options);
  }

  #control(a: string | undefined, b: string | undefined): ControlAnalysis | null {
    return a === undefined || b === undefined ? null : { arms: [a, b], comparison: this.#compare(PRIMARY, a, b) };
  }
}

/** The verdict that a pair comes to: that of its primary endpoint. */
export function primaryOf({ endpoints }: Pick<PairAnalysis, 'endpoints'>): JudgedEndpoint {
  return endpoints.find(({ endpoint }) => endpoint === PRIMARY) as JudgedEndpoint;
}

/** At the edge of a bin, where counting is exact; null when it is a percentile of no boot. */
function thresholdOf(threshold: LatencyThreshold, quiet: readonly BootFigures[]): number | null {
  switch (threshold.kind) {
    case 'fixed':
      return edgeAbove(threshold.us * 1000);
    case 'quiet-percentile':
      return histogramQuantile(mergeHistograms(quiet.map(({ inside }) => inside)), threshold.percent / 100);
  }
}

interface Compared {
  readonly endpoint: EndpointId;
  readonly comparison: EndpointComparison | null;
}

/** Holm, once over the primary endpoints and once over all others. */
function adjust(all: readonly Compared[]): Map<Compared, number> {
  const told = all.filter(({ comparison }) => comparison !== null);
  const families = [told.filter(({ endpoint }) => endpoint === PRIMARY), told.filter(({ endpoint }) => endpoint !== PRIMARY)];
  return new Map(
    families.flatMap((family) => {
      const ps = holm(family.map(({ comparison }) => comparison?.p ?? 1));
      return family.map((each, index) => [each, ps[index] ?? 1] as const);
    }),
  );
}

function summary(arm: Arm, boots: readonly AnalysedBoot[]): ArmSummary {
  const own = boots.filter((boot) => boot.arm === arm.id);
  const unusable = own.flatMap(({ id, result }) => ('kind' in result ? [{ boot: id, cause: result.cause, reason: result.reason }] : []));
  return { arm, usable: own.length - unusable.length, unusable };
}
