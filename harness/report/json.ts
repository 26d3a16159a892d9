// SPDX-License-Identifier: GPL-2.0-only
import type { ExpectationResult, RunResult } from '../model/verdict.ts';
import { RUN_SCHEMA_VERSION, type RunReport } from './run-schema.ts';

/**
 * A run as a value for JSON, for scripts: what `reportText` says, without traces. Numbers as they are, not rounded. Its
 * shape is published as docs/run.schema.json.
 *
 * @example
 * // {"schemaVersion":1,"run":"…","status":1,"variants":[{"variant":"weakened","outcome":"target",…}],…}
 */
export function reportJson({ record, trials, verdict }: RunResult): RunReport {
  return {
    schemaVersion: RUN_SCHEMA_VERSION,
    run: record.id,
    startedAt: record.startedAt,
    plan: record.plan.name,
    planFile: record.planFile,
    seed: record.plan.seed,
    accelerator: record.accelerator,
    kernels: Object.fromEntries(
      Object.entries(record.kernels).map(([variant, kernel]) => [
        variant,
        { id: kernel.id, version: kernel.kernelVersion },
      ]),
    ),
    status: verdict.status,
    reasons: [...verdict.reasons],
    blindProbes: [...verdict.blindProbes],
    variants: verdict.variants.map((variant) => ({
      ...variant,
      signatures: [...variant.signatures],
      expectation: expectationJson(variant.expectation),
    })),
    maps: verdict.maps.map((map) => ({ ...map, expectation: expectationJson(map.expectation) })),
    trials: trials.map(({ evidence, verdict: trial }) => ({
      id: evidence.spec.id,
      exposedSwapoffs: evidence.exposure?.exposedSwapoffs ?? null,
      ...trial,
    })),
    commands: [...record.commands],
  };
}

function expectationJson(expectation: ExpectationResult): RunReport['variants'][number]['expectation'] {
  return expectation.kind === 'known'
    ? { ...expectation, seen: [...expectation.seen], absent: [...expectation.absent] }
    : expectation;
}
