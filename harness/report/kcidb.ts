// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import type { KernelRecord } from '../model/kernel.ts';
import type { ProbedVariant, StepBrief, TrendFigure } from '../model/probe.ts';
import type { RunHeader } from '../model/run.ts';
import type { ShownProbe, ShownRun, ShownStep } from '../model/shown.ts';
import { excerpt, oneLine, withoutControls } from './plain.ts';

/** kcidb's, highest first as its documentation ranks them. */
export type KcidbStatus = 'FAIL' | 'ERROR' | 'MISS' | 'PASS' | 'DONE' | 'SKIP';

/** The version of KernelCI's I/O schema that is written. */
export const KCIDB_VERSION = { major: 5, minor: 3 } as const;

/** The schema allows 16384 characters of log. */
const LOG_LIMIT = { line: 1000, total: 16_000 };

/**
 * A run as KernelCI's report data (kcidb I/O schema 5.3): a checkout and a build for each kernel, a test for each step,
 * for the verdict of each variant and for each rate, an issue for each bug that was seen, an incident for each step
 * that showed it.
 *
 * A step without a finding is `DONE`: it measured, and only the verdict of its variant says `PASS`.
 *
 * @param origin name of the CI system that submits it: lower-case letters, digits and `_`.
 */
export function reportKcidb({ header, probes }: ShownRun, origin = 'swaprace'): string {
  const ids = identifiers(header.id, origin);
  const kernels = Object.entries(header.kernels);
  const steps = probes
    .flatMap((probe) => probe.steps.map((step) => ({ probe, step })))
    .sort((a, b) => (a.step.name < b.step.name ? -1 : 1));
  const report = {
    version: KCIDB_VERSION,
    checkouts: header.plan.variants.map(({ id, describe }) => checkout(id, describe, header, ids)),
    builds: [...kernels.map(([id, kernel]) => build(id, kernel, ids)), ...failedBuilds(header, ids)],
    tests: [
      ...steps.map(({ probe, step }) => stepTest(probe, step, header, ids)),
      ...probes.flatMap((probe) =>
        probe.verdict.variants
          .filter(({ variant }) => variant in header.kernels)
          .flatMap((verdict) => [verdictTest(probe, verdict, ids), ...rateTests(probe, verdict.variant, ids)]),
      ),
    ],
    issues: [...new Set(steps.flatMap(({ step }) => step.brief.titles))].map((title) => issue(title, ids)),
    incidents: steps.flatMap(({ step }) => step.brief.titles.map((title) => incident(step, title, ids))),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

type Identifiers = ReturnType<typeof identifiers>;

/** kcidb's ids begin with the origin and are unique among its objects of a type. */
function identifiers(run: string, origin: string) {
  return {
    origin,
    kernel: (variant: string) => `${origin}:${run}-${variant}`,
    step: (step: string) => `${origin}:${run}-step-${step}`,
    verdict: (what: string, probe: string, variant: string) => `${origin}:${run}-${what}-${probe}-${variant}`,
    issue: (title: string) => `${origin}:${digest(title)}`,
    incident: (step: string, title: string) => `${origin}:${run}-${step}-${digest(title)}`,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function checkout(variant: string, describe: string, header: RunHeader, ids: Identifiers) {
  const kernel = header.kernels[variant];
  const commit = kernel?.source['commit'];
  const faulty = header.troubles.some((trouble) => trouble.variant === variant && trouble.fault === 'source');
  return {
    id: ids.kernel(variant),
    origin: ids.origin,
    ...(commit !== undefined && /^[0-9a-f]{40}$/.test(commit) ? { git_commit_hash: commit } : {}),
    ...(kernel?.series.length === 0 ? { patchset_hash: '' } : {}),
    comment: oneLine(kernel === undefined ? describe : `Linux ${kernel.kernelVersion}, ${describe}`),
    start_time: header.startedAt,
    valid: !faulty,
    misc: { variant, source: kernel?.source ?? {}, series: kernel?.series ?? [] },
  };
}

function build(variant: string, kernel: KernelRecord, ids: Identifiers) {
  return {
    id: ids.kernel(variant),
    origin: ids.origin,
    checkout_id: ids.kernel(variant),
    architecture: 'x86_64',
    command: withoutControls(kernel.commands.join('\n')),
    ...(kernel.compiler === null ? {} : { compiler: kernel.compiler }),
    duration: kernel.buildSeconds,
    status: 'PASS' satisfies KcidbStatus,
    misc: { kernel: kernel.id, build_id: kernel.buildId, config_sha256: kernel.configSha256 },
  };
}

/** A kernel that make or Kconfig refused; other troubles are not the build's. */
function failedBuilds({ troubles, kernels }: RunHeader, ids: Identifiers) {
  return troubles.flatMap(({ fault, variant, message }) => {
    if (fault !== 'build' || variant === null || variant in kernels) return [];
    return [
      {
        id: ids.kernel(variant),
        origin: ids.origin,
        checkout_id: ids.kernel(variant),
        architecture: 'x86_64',
        log_excerpt: withoutControls(excerpt(message, LOG_LIMIT)),
        status: 'FAIL' satisfies KcidbStatus,
      },
    ];
  });
}

function stepTest({ spec, section }: ShownProbe, step: ShownStep, header: RunHeader, ids: Identifiers) {
  const { brief, end } = step;
  const status = stepStatus(brief);
  return {
    id: ids.step(step.name),
    origin: ids.origin,
    build_id: ids.kernel(step.step.variant),
    path: path('step', spec.id),
    environment: { comment: environmentOf(header.accelerator?.accelerator) },
    comment: oneLine(`${section.title}; step ${step.step.index}`),
    status,
    start_time: end.startedAt,
    duration: Math.max(0, Date.parse(end.endedAt) - Date.parse(end.startedAt)) / 1000,
    ...(brief.splat === null ? {} : { log_excerpt: withoutControls(excerpt(brief.splat, LOG_LIMIT)) }),
    ...(brief.measured === null || status === 'MISS' ? {} : { number: brief.measured }),
    misc: { seed: step.step.seed, outcome: brief.outcome, reason: brief.words },
  };
}

function environmentOf(accelerator: string | undefined): string {
  return `QEMU${accelerator === undefined ? '' : `, ${accelerator.toUpperCase()}`}`;
}

function stepStatus({ outcome, void: isVoid }: StepBrief): KcidbStatus {
  switch (outcome) {
    case 'target':
    case 'hang':
    case 'other-bug':
      return 'FAIL';
    case 'ok':
      return 'DONE';
    case 'inconclusive':
      return isVoid ? 'MISS' : 'ERROR';
  }
}

function verdictTest({ spec, steps }: ShownProbe, verdict: ProbedVariant, ids: Identifiers) {
  const { variant, outcome, counts, expectation, figures } = verdict;
  const own = steps.filter(({ step }) => step.variant === variant);
  return {
    id: ids.verdict('verdict', spec.id, variant),
    origin: ids.origin,
    build_id: ids.kernel(variant),
    path: path('verdict', spec.id),
    comment: oneLine(verdict.reason),
    status: variantStatus(verdict, own),
    misc: { outcome, counts, expectation, figures },
  };
}

function variantStatus({ outcome }: ProbedVariant, steps: readonly ShownStep[]): KcidbStatus {
  switch (outcome) {
    case 'target':
    case 'hang':
    case 'other-bug':
      return 'FAIL';
    case 'not-reproduced':
    case 'closed':
    case 'measured':
      return 'PASS';
    case 'inconclusive':
      return steps.every(({ brief }) => stepStatus(brief) === 'MISS') ? 'MISS' : 'ERROR';
  }
}

/** A figure is a measurement, not a judgement. Without exposure there is none. */
function rateTests({ spec, trend }: ShownProbe, variant: string, ids: Identifiers) {
  return trend
    .filter((figure) => figure.variant === variant)
    .flatMap((figure) => {
      const number = numberOf(figure);
      if (number === null) return [];
      return [
        {
          id: ids.verdict(figure.name, spec.id, variant),
          origin: ids.origin,
          build_id: ids.kernel(variant),
          path: path(figure.name, spec.id),
          comment: oneLine(`${figure.name} of ${variant} under ${spec.id}`),
          status: 'DONE' satisfies KcidbStatus,
          number,
          misc: figure.value,
        },
      ];
    });
}

function numberOf({ value }: TrendFigure): { readonly value: number; readonly unit: string } | null {
  switch (value.kind) {
    case 'rate':
      return value.exposure === 0 ? null : { value: value.count / value.exposure, unit: value.unit };
    case 'ratio':
      return value.absolute === null ? null : { value: value.absolute, unit: value.unit };
  }
}

/** A path is dot-separated, and its parts hold letters, digits, `_` and `-` only. */
function path(...parts: readonly string[]): string {
  return ['swaprace', ...parts].map((part) => part.replaceAll(/[^a-zA-Z0-9_-]/g, '_')).join('.');
}

function issue(title: string, ids: Identifiers) {
  return {
    id: ids.issue(title),
    version: 1,
    origin: ids.origin,
    report_subject: oneLine(title),
    culprit: { code: true },
  };
}

function incident({ name }: ShownStep, title: string, ids: Identifiers) {
  return {
    id: ids.incident(name, title),
    origin: ids.origin,
    issue_id: ids.issue(title),
    issue_version: 1,
    test_id: ids.step(name),
    present: true,
  };
}
