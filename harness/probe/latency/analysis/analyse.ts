// SPDX-License-Identifier: GPL-2.0-only
import type { Arm, Unusable } from '../types.ts';
import {
  ArmsOfRun,
  type AnalysedBoot,
  type AnalysedPlan,
  type ControlAnalysis,
  type JudgedEndpoint,
} from './arms-of-run.ts';
import { exceedanceRatio, quantileRatio, type QuantileRatio } from './compare.ts';
import { ENDPOINT_IDS, PRIMARY, type ExcessCauses } from '../boot/figures.ts';
import type { PhaseFigures } from '../boot/phases.ts';
import type { RateRatio } from '../../../stats/rate-ratio.ts';

/** What became of an arm's boots. */
export interface ArmSummary {
  readonly arm: Arm;
  readonly usable: number;
  /** Boots whose figures were not used, each with its cause and reason. */
  readonly unusable: readonly { readonly boot: string; readonly cause: Unusable['cause']; readonly reason: string }[];
}

/** Two arms. */
export interface PairAnalysis {
  readonly arms: readonly [a: string, b: string];
  readonly endpoints: readonly JudgedEndpoint[];
  /** Exceedances per cycle, b's over a's. */
  readonly ratio: RateRatio | null;
  /** p99 of all wake-ups within horizons, b's over a's. */
  readonly p99: QuantileRatio | null;
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
  /** The machine that is stopped on purpose against the same kernel without the stop. */
  readonly positive: ControlAnalysis | null;
  /** Each variant against the control without the contender: what the contender costs at all. */
  readonly costs: readonly ControlAnalysis[];
  /** What made each arm's wake-ups late; absent where the instrument does not report it. */
  readonly causes?: readonly ArmCauses[];
  /** When each arm's wake-ups were late; absent where the instrument does not report it. */
  readonly phases?: readonly ArmPhases[];
}

/** The excess of an arm's horizons by their phases: of every usable boot, in their order. */
export interface ArmPhases {
  readonly arm: string;
  readonly boots: readonly (readonly PhaseFigures[])[];
}

/** The excess of an arm's horizons by its causes: of every usable boot, in their order. */
export interface ArmCauses {
  readonly arm: string;
  readonly boots: readonly ExcessCauses[];
}

/** The primary endpoint of every pair: what decides whether more boots are needed. */
export interface PrimaryAnalysis {
  readonly thresholdNs: number;
  readonly pairs: readonly { readonly arms: readonly [a: string, b: string]; readonly primary: JudgedEndpoint }[];
}

/** Compares and judges the primary endpoint of every variant against the first one. */
export function analysePrimary(plan: AnalysedPlan, boots: readonly AnalysedBoot[]): PrimaryAnalysis {
  const arms = new ArmsOfRun(plan, boots);
  const judged = arms.judge([PRIMARY]);
  return {
    thresholdNs: arms.options.thresholdNs,
    pairs: judged.map(({ arms: pair, endpoints }) => ({ arms: pair, primary: endpoints[0] as JudgedEndpoint })),
  };
}

/** Analyses a run. The same boots give the same analysis, also after it was stored. */
export function analyse(plan: AnalysedPlan, boots: readonly AnalysedBoot[]): LatencyAnalysis {
  const arms = new ArmsOfRun(plan, boots);
  const causes = plan.arms.map(({ id }): ArmCauses => ({
    arm: id,
    boots: arms.usable(id).flatMap(({ figures }) => figures.excessCauses ?? []),
  }));
  const phases = plan.arms.map(({ id }): ArmPhases => ({
    arm: id,
    boots: arms.usable(id).flatMap(({ figures: { phases } }) => (phases === null ? [] : [phases])),
  }));
  return {
    thresholdNs: arms.options.thresholdNs,
    thresholdFrom: arms.thresholdFrom,
    alpha: plan.alpha,
    arms: plan.arms.map((arm) => summary(arm, boots)),
    pairs: arms.judge(ENDPOINT_IDS).map(({ arms: [a, b], endpoints }) => ({
      arms: [a, b],
      endpoints,
      ratio: exceedanceRatio(arms.usable(a), arms.usable(b), arms.options),
      p99: quantileRatio(0.99, arms.usable(a), arms.usable(b), arms.options),
    })),
    nullPair: arms.control('variant', 'null'),
    positive: arms.control('variant', 'stop'),
    costs: arms.variants.flatMap(({ id }) => arms.cost(id) ?? []),
    ...(causes.some((each) => each.boots.length > 0) ? { causes } : {}),
    ...(phases.some((each) => each.boots.length > 0) ? { phases } : {}),
  };
}

/** The verdict of a pair: that of its primary endpoint. */
export function primaryOf({ endpoints }: Pick<PairAnalysis, 'endpoints'>): JudgedEndpoint {
  return endpoints.find(({ endpoint }) => endpoint === PRIMARY) as JudgedEndpoint;
}

function summary(arm: Arm, boots: readonly AnalysedBoot[]): ArmSummary {
  const own = boots.filter((boot) => boot.arm === arm.id);
  const unusable = own.flatMap(({ id, result }) =>
    'kind' in result ? [{ boot: id, cause: result.cause, reason: result.reason }] : [],
  );
  return { arm, usable: own.length - unusable.length, unusable };
}
