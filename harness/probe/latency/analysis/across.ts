// SPDX-License-Identifier: GPL-2.0-only
import type { Seen } from '../../../model/probe.ts';
import type { RunHeader } from '../../../model/run.ts';
import { armsOf } from '../arms.ts';
import type { LatencyFinding } from '../finding.ts';
import { thresholdText, type LatencyArgs, type LatencySpec } from '../spec.ts';
import type { Arm } from '../types.ts';
import { analysePrimary, type PairAnalysis } from './analyse.ts';
import { armsTogether, replicatesOf, type JudgedEndpoint } from './arms-of-run.ts';
import { analysedBoots, analysedPlan } from './boots.ts';
import {
  compareEndpoint,
  exceedanceRatio,
  quantileRatio,
  type CompareOptions,
  type EndpointComparison,
  type Replicate,
} from './compare.ts';
import { controlledBy, ENDPOINT_IDS, type EndpointId } from '../boot/figures.ts';
import { holm } from '../../../stats/holm.ts';
import { judgeEndpoint } from './verdict.ts';

/** A run as it is compared with another. */
export interface RunToCompare {
  readonly header: RunHeader;
  readonly probe: LatencySpec;
  readonly seen: readonly Seen<LatencyArgs, LatencyFinding>[];
}

/** Two runs against each other. */
export interface AcrossRuns {
  readonly pairs: readonly PairAnalysis[];
  /** What is not the same in both, as `what: one, other`. */
  readonly differences: readonly string[];
}

/**
 * Compares the variants of two runs, each of the second with its namesake in the first, or with the first's first. What
 * one kernel shows in one run against the other is the null pair: two runs are two days, and without a kernel that was
 * in both nothing can be kept apart from the days.
 */
export function compareRuns(a: RunToCompare, b: RunToCompare): AcrossRuns {
  const { alpha } = a.header.plan;
  const plan = analysedPlan(a.probe, alpha);
  const options: CompareOptions = {
    thresholdNs: analysePrimary(plan, analysedBoots(a.seen)).thresholdNs,
    confidence: 1 - alpha,
    seed: plan.seed,
    // Two days have no block in common.
    blocked: false,
  };
  const shared = sharedArms(a, b);
  const nullPair = (endpoint: EndpointId): EndpointComparison | null =>
    shared === null ? null : compareEndpoint(endpoint, figuresOf(a, shared[0].id), figuresOf(b, shared[1].id), options);
  const [first, stop] = [armOf(b, 'variant'), armOf(b, 'stop')];
  const positive = (control: EndpointId): EndpointComparison | null =>
    first === undefined || stop === undefined
      ? null
      : compareEndpoint(control, figuresOf(b, first.id), figuresOf(b, stop.id), { ...options, blocked: true });

  const raw = variantsOf(b).map((arm) => {
    const other = variantsOf(a).find(({ id }) => id === arm.id) ?? (variantsOf(a)[0] as Arm);
    const [x, y] = [figuresOf(a, other.id), figuresOf(b, arm.id)];
    const compared = ENDPOINT_IDS.map((endpoint) => ({
      endpoint,
      comparison: compareEndpoint(endpoint, x, y, options),
    }));
    const together = armsTogether(analysedBoots(a.seen), analysedBoots(b.seen), [other.id, arm.id], options);
    return { arms: [`${other.id} (first run)`, `${arm.id} (second run)`] as const, x, y, compared, together };
  });
  const adjusted = holm(raw.flatMap(({ compared }) => compared.map(({ comparison }) => comparison?.p ?? 1)));
  const pairs = raw.map(({ arms, x, y, compared, together }, pair): PairAnalysis => ({
    arms,
    endpoints: compared.map(({ endpoint, comparison }, index): JudgedEndpoint => {
      const adjustedP = adjusted[pair * ENDPOINT_IDS.length + index] ?? 1;
      const control = controlledBy(endpoint);
      const found = control === null ? 'not-needed' : positive(control);
      return {
        endpoint,
        comparison,
        adjustedP,
        verdict: judgeEndpoint({
          ...{ arms, comparison, adjustedP, alpha, family: adjusted.length, ...together },
          ...{ nullPair: nullPair(endpoint), positive: found },
        }),
      };
    }),
    ratio: exceedanceRatio(x, y, options),
    p99: quantileRatio(0.99, x, y, options),
  }));
  return { pairs, differences: differencesOf(a, b) };
}

/** An arm of each run that booted the same kernel to the same end; not one that is compared, where there is another. */
function sharedArms(a: RunToCompare, b: RunToCompare): readonly [Arm, Arm] | null {
  const kernel = ({ header }: RunToCompare, arm: Arm): string | undefined => header.kernels[arm.variant]?.id;
  for (const one of armsOf(a.probe.variants)) {
    if (one.mode !== 'contend') continue;
    const other = armsOf(b.probe.variants).find((arm) => arm.mode === 'contend' && kernel(b, arm) === kernel(a, one));
    if (other !== undefined) return [one, other];
  }
  return null;
}

/** Everything but times and names that the two runs do not share. */
function differencesOf(a: RunToCompare, b: RunToCompare): string[] {
  const facts = ({ header: { plan, versions, host, accelerator }, probe, seen }: RunToCompare): Map<string, string> => {
    // What the host was like for the moment is in the snapshots of the boots.
    const { loadAverage: _load, coresStood: _stood, ...lasting } = { ...host, ...seen[0]?.finding.facts };
    return flat({
      guest: probe.guest,
      workload: probe.workload,
      alpha: plan.alpha,
      threshold: thresholdText(probe.threshold),
      versions,
      host: lasting,
      accelerator: accelerator?.accelerator,
    });
  };
  const [one, other] = [facts(a), facts(b)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((key) => one.get(key) !== other.get(key))
    .map((key) => `${key}: ${one.get(key) ?? 'none'}, ${other.get(key) ?? 'none'}`);
}

function flat(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, String(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...flat(inner, path === '' ? key : `${path}.${key}`)]),
  );
}

function figuresOf({ seen }: RunToCompare, arm: string): Replicate[] {
  return replicatesOf(analysedBoots(seen), arm);
}

function variantsOf({ probe }: RunToCompare): readonly Arm[] {
  return armsOf(probe.variants).filter(({ role }) => role === 'variant');
}

function armOf({ probe }: RunToCompare, role: Arm['role']): Arm | undefined {
  return armsOf(probe.variants).find((arm) => arm.role === role);
}
