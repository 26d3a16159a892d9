// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../model/errors.ts';
import type { MapVerdict, RunResult, VariantVerdict } from '../model/verdict.ts';
import { exploredText } from './map-words.ts';
import { excerpt, oneLine } from './plain.ts';
import { comparisonText, MEANING, rateText, several, WORD } from './wording.ts';

/**
 * What a run says as a list of test points, for every format that has such: a suite for each probe with a point for
 * each variant, and one for the run as a whole. A consumer that takes `pass` and `known` as good and the rest as bad
 * comes to the verdict of the exit status: good is 0 and nothing else.
 */
export interface Suite {
  readonly id: string;
  readonly points: readonly Point[];
}

export interface Point {
  /** Unique in its suite; letters, digits and `. + _ -`. */
  readonly id: string;
  /**
   * - `pass`: the plan's expectation was met
   * - `known`: it was met by a finding that the plan knows: bad, but no news
   * - `fail`: it was missed
   * - `error`: it could not be told
   */
  readonly status: 'pass' | 'known' | 'fail' | 'error';
  /** One line; empty where there is nothing to add. */
  readonly message: string;
  /** Lines for people, without control characters. */
  readonly details: readonly string[];
  /** The kernel's own words in the first trial that has any; null where none has. Limited in length. */
  readonly splat: string | null;
  /** Ids of the trials it rests on, in their order. */
  readonly steps: readonly string[];
}

/** The id of the suite that is about the run itself. */
export const RUN_SUITE = 'run';

/** What one splat may take in a report for machines. */
const SPLAT_LIMIT = { line: 1000, total: 16_000 };

export function suitesOf(run: RunResult): Suite[] {
  const probes = [...new Set(run.verdict.variants.map(({ probe }) => probe))];
  return [
    ...probes.map((probe) => ({
      id: probe,
      points: run.verdict.variants
        .filter((variant) => variant.probe === probe)
        .map((variant) => variantPoint(variant, run)),
    })),
    ...[...new Set(run.verdict.maps.map(({ probe }) => probe))].map((probe) => ({
      id: probe,
      points: run.verdict.maps.filter((map) => map.probe === probe).map((map) => mapPoint(map, run)),
    })),
    { id: RUN_SUITE, points: [runPoint(run)] },
  ];
}

function variantPoint(verdict: VariantVerdict, run: RunResult): Point {
  const trials = run.trials
    .filter(({ evidence: { spec } }) => spec.probe === verdict.probe && spec.variant === verdict.variant)
    .sort((a, b) => a.evidence.spec.index - b.evidence.spec.index);
  const splat = trials.flatMap(({ evidence }) => evidence.splats)[0]?.text ?? null;
  const titles = verdict.signatures.map(
    ({ title, count, target }) => `${target ? 'expected bug' : 'other bug'} in ${several(count, 'trial')}: ${title}`,
  );
  const control = run.record.plan.probes.find(({ id }) => id === verdict.probe)?.control ?? '';
  const details = [
    `${WORD[verdict.outcome]}: ${verdict.reason}`,
    `${several(trials.length, 'trial')}, ${verdict.rate.exposure} exposed swapoffs, rate ${rateText(verdict.rate)}`,
    comparisonText(verdict, control),
    ...titles,
  ];
  return {
    id: verdict.variant,
    ...statusOf(verdict),
    details: details.map(oneLine).filter((line) => line !== ''),
    splat: splat === null ? null : excerpt(splat, SPLAT_LIMIT),
    steps: trials.map(({ evidence }) => evidence.spec.id),
  };
}

function mapPoint(verdict: MapVerdict, { explorations }: RunResult): Point {
  const map =
    explorations.find(({ spec }) => spec.probe === verdict.probe && spec.variant === verdict.variant)?.map ?? null;
  const details = [`${WORD[verdict.outcome]}: ${verdict.reason}`, map === null ? 'no map' : exploredText(map)];
  return { id: verdict.variant, ...statusOf(verdict), details: details.map(oneLine), splat: null, steps: [] };
}

function statusOf({ expectation }: Pick<VariantVerdict, 'expectation'>): Pick<Point, 'status' | 'message'> {
  switch (expectation.kind) {
    case 'met':
      return { status: 'pass', message: '' };
    case 'known':
      if (expectation.seen.length === 0) return { status: 'pass', message: '' };
      return {
        status: 'known',
        message: `known finding: ${expectation.seen.map((outcome) => WORD[outcome]).join(', ')}`,
      };
    case 'missed':
      return { status: 'fail', message: oneLine(expectation.message) };
    case 'cannot-tell':
      return { status: 'error', message: oneLine(expectation.message) };
  }
}

function runPoint({ record, verdict }: RunResult): Point {
  const status = verdict.status === EXIT.met ? 'pass' : verdict.status === EXIT.missed ? 'fail' : 'error';
  return {
    id: 'exit-status',
    status,
    message: status === 'pass' ? '' : `${verdict.status}: ${MEANING[verdict.status]}`,
    details: [`run ${record.id}, plan ${record.plan.name}`, ...verdict.reasons].map(oneLine),
    splat: null,
    steps: [],
  };
}
