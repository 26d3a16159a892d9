// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import type { KernelRecord } from '../model/kernel.ts';
import type { InconclusiveCause, JudgedTrial, MapVerdict, TrialVerdict, VariantVerdict } from '../model/verdict.ts';
import { excerpt, oneLine, withoutControls } from './plain.ts';
import type { StoredRun } from './stored.ts';
import { rateText } from './wording.ts';

/** kcidb's, highest first as its documentation ranks them. */
export type KcidbStatus = 'FAIL' | 'ERROR' | 'MISS' | 'PASS' | 'DONE' | 'SKIP';

/** The version of KernelCI's I/O schema that is written. */
export const KCIDB_VERSION = { major: 5, minor: 3 } as const;

/** The schema allows 16384 characters of log. */
const LOG_LIMIT = { line: 1000, total: 16_000 };

/**
 * A run as KernelCI's report data (kcidb I/O schema 5.3): a checkout and a build for each kernel, a test for each trial
 * and for the verdict and the rate of each variant, an issue for each bug that was seen, an incident for each trial
 * that showed it.
 *
 * A trial without a finding is `DONE`: it measured exposure, and only the comparison of its variant says `PASS`.
 *
 * @param origin name of the CI system that submits it: lower-case letters, digits and `_`.
 */
export function reportKcidb(stored: StoredRun, origin = 'swaprace'): string {
  const { run } = stored;
  const ids = identifiers(run.record.id, origin);
  const trials = [...run.trials].sort((a, b) => (a.evidence.spec.id < b.evidence.spec.id ? -1 : 1));
  const kernels = Object.entries(run.record.kernels);
  const variants = run.verdict.variants.filter(({ variant }) => variant in run.record.kernels);
  const report = {
    version: KCIDB_VERSION,
    checkouts: run.record.plan.variants.map(({ id, describe }) =>
      checkout(id, describe, run.record.kernels[id], stored, ids),
    ),
    builds: [...kernels.map(([id, kernel]) => build(id, kernel, ids)), ...failedBuilds(stored, ids)],
    tests: [
      ...trials.map((trial) => trialTest(trial, stored, ids)),
      ...variants.flatMap((verdict) => [verdictTest(verdict, stored, ids), ...rateTest(verdict, ids)]),
      ...run.verdict.maps
        .filter(({ variant }) => variant in run.record.kernels)
        .map((map) => mapTest(map, stored, ids)),
    ],
    issues: [...new Set(trials.flatMap((trial) => titlesOf(trial)))].map((title) => issue(title, ids)),
    incidents: trials.flatMap((trial) => titlesOf(trial).map((title) => incident(trial, title, ids))),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

type Identifiers = ReturnType<typeof identifiers>;

/** kcidb's ids begin with the origin and are unique among its objects of a type. */
function identifiers(run: string, origin: string) {
  return {
    origin,
    kernel: (variant: string) => `${origin}:${run}-${variant}`,
    trial: (trial: string) => `${origin}:${run}-trial-${trial}`,
    verdict: (what: string, { probe, variant }: Pick<VariantVerdict, 'probe' | 'variant'>) =>
      `${origin}:${run}-${what}-${probe}-${variant}`,
    issue: (title: string) => `${origin}:${digest(title)}`,
    incident: (trial: string, title: string) => `${origin}:${run}-${trial}-${digest(title)}`,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function checkout(
  variant: string,
  describe: string,
  kernel: KernelRecord | undefined,
  stored: StoredRun,
  ids: Identifiers,
) {
  const { record } = stored.run;
  const commit = kernel?.source['commit'];
  const faulty = record.troubles.some((trouble) => trouble.variant === variant && trouble.fault === 'source');
  return {
    id: ids.kernel(variant),
    origin: ids.origin,
    ...(commit !== undefined && /^[0-9a-f]{40}$/.test(commit) ? { git_commit_hash: commit } : {}),
    ...(kernel?.series.length === 0 ? { patchset_hash: '' } : {}),
    comment: oneLine(kernel === undefined ? describe : `Linux ${kernel.kernelVersion}, ${describe}`),
    start_time: record.startedAt,
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
function failedBuilds({ run: { record } }: StoredRun, ids: Identifiers) {
  return record.troubles.flatMap(({ fault, variant, message }) => {
    if (fault !== 'build' || variant === null || variant in record.kernels) return [];
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

function trialTest({ evidence, verdict }: JudgedTrial, { run, metas }: StoredRun, ids: Identifiers) {
  const { spec, splats, exposure } = evidence;
  const meta = metas.get(spec.id);
  const status = trialStatus(verdict);
  const splat = splats[0];
  return {
    id: ids.trial(spec.id),
    origin: ids.origin,
    build_id: ids.kernel(spec.variant),
    path: path('trial', spec.probe),
    environment: {
      comment: environmentOf(run.record.accelerator?.accelerator),
      misc: { vcpus: spec.vcpus, memory_mib: spec.memoryMiB },
    },
    comment: `${spec.workload} swap-in against swapoff, trial ${spec.index}`,
    status,
    ...(meta === undefined ? {} : { start_time: meta.startedAt, duration: spanSeconds(meta) }),
    ...(splat === undefined ? {} : { log_excerpt: withoutControls(excerpt(splat.text, LOG_LIMIT)) }),
    ...(exposure === null || status === 'MISS'
      ? {}
      : { number: { value: exposure.exposedSwapoffs, unit: 'swapoffs' } }),
    misc: { seed: spec.seed, verdict },
  };
}

function environmentOf(accelerator: string | undefined): string {
  return `QEMU${accelerator === undefined ? '' : `, ${accelerator.toUpperCase()}`}`;
}

function spanSeconds({ startedAt, endedAt }: { readonly startedAt: string; readonly endedAt: string }): number {
  return Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}

function trialStatus(verdict: TrialVerdict): KcidbStatus {
  switch (verdict.kind) {
    case 'target':
    case 'hang':
    case 'other-bug':
      return 'FAIL';
    case 'clean':
      return 'DONE';
    case 'inconclusive':
      return NEVER_RACED.has(verdict.cause) ? 'MISS' : 'ERROR';
  }
}

/** Causes with which the race was not even begun on the kernel that was meant. */
const NEVER_RACED: ReadonlySet<InconclusiveCause> = new Set(['host-fault', 'wrong-kernel', 'boot-failed']);

function verdictTest(verdict: VariantVerdict, { run }: StoredRun, ids: Identifiers) {
  const { probe, variant, expectation, comparison } = verdict;
  return {
    id: ids.verdict('verdict', verdict),
    origin: ids.origin,
    build_id: ids.kernel(variant),
    path: path('verdict', probe),
    comment: oneLine(verdict.reason),
    status: variantStatus(verdict, run.trials),
    misc: { outcome: verdict.outcome, trials: verdict.trials, expectation, comparison },
  };
}

function variantStatus({ outcome, probe, variant }: VariantVerdict, trials: readonly JudgedTrial[]): KcidbStatus {
  switch (outcome) {
    case 'target':
    case 'hang':
    case 'other-bug':
      return 'FAIL';
    case 'clean':
    case 'measured':
      return 'PASS';
    case 'inconclusive': {
      const own = trials.filter(({ evidence: { spec } }) => spec.probe === probe && spec.variant === variant);
      return own.every((trial) => trialStatus(trial.verdict) === 'MISS') ? 'MISS' : 'ERROR';
    }
  }
}

/** A map is judged like a variant: against the plan's control. What was not explored at all did not run. */
function mapTest(verdict: MapVerdict, { run }: StoredRun, ids: Identifiers) {
  const { probe, variant, outcome, points, expectation } = verdict;
  const map = run.explorations.find(({ spec }) => spec.probe === probe && spec.variant === variant)?.map ?? null;
  const status: KcidbStatus =
    outcome === 'clean' ? 'PASS' : outcome !== 'inconclusive' ? 'FAIL' : map === null ? 'MISS' : 'ERROR';
  return {
    id: ids.verdict('map', verdict),
    origin: ids.origin,
    build_id: ids.kernel(variant),
    path: path('map', probe),
    comment: oneLine(verdict.reason),
    status,
    ...(map === null ? {} : { number: { value: map.exploredPoints, unit: 'points' } }),
    misc: { outcome, points, expectation },
  };
}

/** The rate is a measurement, not a judgement. Without exposure there is none. */
function rateTest(verdict: VariantVerdict, ids: Identifiers) {
  const { probe, variant, rate } = verdict;
  if (rate.exposure === 0) return [];
  return [
    {
      id: ids.verdict('rate', verdict),
      origin: ids.origin,
      build_id: ids.kernel(variant),
      path: path('rate', probe),
      comment: `crashes an exposed swapoff: ${rateText(rate)}`,
      status: 'DONE' satisfies KcidbStatus,
      number: { value: rate.events / rate.exposure, unit: 'crashes/swapoff' },
      misc: { ...rate },
    },
  ];
}

/** A path is dot-separated, and its parts hold letters, digits, `_` and `-` only. */
function path(...parts: readonly string[]): string {
  return ['swaprace', ...parts].map((part) => part.replaceAll(/[^a-zA-Z0-9_-]/g, '_')).join('.');
}

/** What a trial showed, once each; a hang or corrupt pages may have no splat. */
function titlesOf({ evidence, verdict }: JudgedTrial): string[] {
  const splats = evidence.splats.map((splat) => splat.title);
  const titles =
    verdict.kind === 'hang'
      ? [verdict.where, ...splats]
      : verdict.kind === 'other-bug'
        ? [verdict.title, ...splats]
        : splats;
  return [...new Set(titles)];
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

function incident({ evidence: { spec } }: JudgedTrial, title: string, ids: Identifiers) {
  return {
    id: ids.incident(spec.id, title),
    origin: ids.origin,
    issue_id: ids.issue(title),
    issue_version: 1,
    test_id: ids.trial(spec.id),
    present: true,
  };
}
