// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import { z } from 'zod';
import type { LatencyArmSummary, LatencyFigure, LatencyRunSummary } from '../model/latency-history.ts';
import { thresholdText } from '../model/latency-threshold.ts';
import { parseLatencyFile, readLatencyRun } from './latency-read.ts';
import { LATENCY_FILES } from './latency-store.ts';

const comparison = z.looseObject({ medians: z.tuple([z.number(), z.number()]) }).nullable();
const arms = z.tuple([z.string(), z.string()]);

/** Of `analysis.json` only what the history keeps is checked. */
const analysis = z.looseObject({
  arms: z.array(
    z.looseObject({
      arm: z.looseObject({ id: z.string(), role: z.string(), variant: z.string() }),
      usable: z.number().int().nonnegative(),
    }),
  ),
  pairs: z.array(z.looseObject({ arms, endpoints: z.array(z.looseObject({ endpoint: z.string(), comparison })) })),
  costs: z.array(z.looseObject({ arms, comparison })),
});
type Analysis = z.infer<typeof analysis>;

/**
 * What the history keeps of a finished latency run, from its stored analysis. @throws UsageError `NOT_A_LATENCY_RUN`.
 */
export async function readLatencySummary(dir: string, run: string): Promise<LatencyRunSummary> {
  const record = await readLatencyRun(dir);
  const found = await parseLatencyFile(join(dir, LATENCY_FILES.analysis), analysis);
  const variants = found.arms.filter(({ arm }) => arm.role === 'variant');
  const first = variants[0]?.arm.id ?? null;
  return {
    run,
    startedAt: record.startedAt,
    plan: record.plan.name,
    accelerator: record.accelerator?.accelerator ?? 'none',
    threshold: thresholdText(record.plan.threshold),
    arms: variants.map(({ arm: { id, variant }, usable }): LatencyArmSummary => ({
      arm: id,
      kernelId: record.kernels[variant]?.id ?? null,
      boots: usable,
      against: id === first ? null : first,
      exceedances: costOf(found, id) ?? pairFigure(found, id, 'exceedances', false),
      swapoffUs: pairFigure(found, id, 'swapoff', true),
    })),
  };
}

/** The exceedances of an arm beside those of the control without swapoff. */
function costOf({ costs }: Analysis, id: string): LatencyFigure | null {
  const medians = costs.find(({ arms: [, arm] }) => arm === id)?.comparison?.medians;
  return medians === undefined ? null : { value: medians[1], control: medians[0] };
}

/** What the pairs of variants say of an arm; the first variant, in all of them, is beside nothing. */
function pairFigure({ pairs }: Analysis, id: string, endpoint: string, isBesideFirst: boolean): LatencyFigure | null {
  for (const {
    arms: [first, second],
    endpoints,
  } of pairs) {
    const medians = endpoints.find((each) => each.endpoint === endpoint)?.comparison?.medians;
    if (medians === undefined) continue;
    if (first === id) return { value: medians[0], control: null };
    if (second === id) return { value: medians[1], control: isBesideFirst ? medians[0] : null };
  }
  return null;
}
