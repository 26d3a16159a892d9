// SPDX-License-Identifier: GPL-2.0-only
import type { Exploration } from '../model/exploration.ts';
import type { PointOutcome, RaceMap } from '../model/interleave.ts';
import { FROZEN_WAIT, isFrozenWait } from '../model/race-map.ts';
import type { InterleaveProbe, TargetSignature } from '../model/plan.ts';
import { OUTCOMES, type MapVerdict, type VariantOutcome } from '../model/verdict.ts';
import { judgeExpectation } from '../model/expectation.ts';

/**
 * Titles of bad accesses. The placed operation is the only one that meets the contender, so a trace need not say it again.
 */
const BAD_ACCESS =
  /^(BUG: unable to handle|Unable to handle|general protection fault|KASAN:|BUG: KASAN|KFENCE:|BUG: KFENCE|stack segment)/;

const NO_TARGET: TargetSignature = { types: [], frames: [] };

/** What an outcome of one point comes to. */
type Judge = (outcome: PointOutcome) => VariantOutcome;

/** One interleave probe: whether its control showed the bug, and what each variant showed. */
export interface JudgedMaps {
  readonly probe: string;
  readonly control: string;
  readonly blind: boolean;
  readonly maps: readonly MapVerdict[];
}

/** What the maps of a probe say; a variant without an exploration is inconclusive. */
export function judgeMaps(
  probe: InterleaveProbe,
  explorations: readonly Exploration[],
  target: TargetSignature = NO_TARGET,
): JudgedMaps {
  const verdict = (outcome: PointOutcome): VariantOutcome => verdictOf(outcome, probe, target);
  const shown = probe.variants.map((variant) => {
    const exploration = explorations.find(({ spec }) => spec.probe === probe.id && spec.variant === variant);
    return { variant, ...outcomeOfMap(exploration, verdict) };
  });
  const blind = (shown.find(({ variant }) => variant === probe.control)?.points.target ?? 0) === 0;
  const maps = shown.map((each): MapVerdict => {
    const isControl = each.variant === probe.control;
    const { outcome, reason } = blind && each.outcome === 'clean' ? blinded(each.reason, probe, isControl) : each;
    const { variant, points, exposure } = each;
    const expectation = judgeExpectation(
      { outcome, reason, trials: points, exposure, bugBesides: otherBug(each) },
      probe.expect[variant],
    );
    return { variant, probe: probe.id, outcome, reason, points, expectation };
  });
  return { probe: probe.id, control: probe.control, blind, maps };
}

interface Shown {
  readonly outcome: VariantOutcome;
  readonly reason: string;
  readonly points: Readonly<Record<VariantOutcome, number>>;
  /** Explored points. */
  readonly exposure: number;
}

/** Gravest first; a point of which nothing is known keeps a map from being clean. */
function outcomeOfMap(exploration: Exploration | undefined, verdict: Judge): Shown {
  const map = exploration?.map ?? null;
  const points = pointsByOutcome(map, verdict);
  const exposure = map?.exploredPoints ?? 0;
  const failed = exploration?.end.kind === 'failed' ? exploration.end.message : null;
  if (map === null) return { outcome: 'inconclusive', reason: failed ?? 'it was not explored', points, exposure };
  const found = (['target', 'hang', 'other-bug'] as const).find((kind) => points[kind] > 0);
  const explored = `${exposure} of ${map.pathPoints} points`;
  if (found !== undefined)
    return {
      outcome: found,
      reason: `${explored}, ${points[found]} of them ${wordsOf(map, found, verdict)}`,
      points,
      exposure,
    };
  if (failed !== null) return { outcome: 'inconclusive', reason: `${explored}, then: ${failed}`, points, exposure };
  if (exposure === 0) return { outcome: 'inconclusive', reason: 'no point was explored', points, exposure };
  if (points.inconclusive > 0) {
    return {
      outcome: 'inconclusive',
      reason: `${explored}, ${points.inconclusive} of them ${wordsOf(map, 'inconclusive', verdict)}`,
      points,
      exposure,
    };
  }
  return { outcome: 'clean', reason: `${explored}, 0 oops, 0 hangs, no corruption`, points, exposure };
}

function blinded(reason: string, { control }: InterleaveProbe, isControl: boolean): Pick<Shown, 'outcome' | 'reason'> {
  const why = isControl
    ? 'the control shows nothing: the probe is blind'
    : `blind: the control ${control} shows nothing`;
  return { outcome: 'inconclusive', reason: `${reason}; ${why}` };
}

function otherBug({ outcome, points }: Shown): string | null {
  return outcome === 'hang' && points['other-bug'] > 0 ? `${points['other-bug']} points with another bug` : null;
}

/** What became of the points of an outcome, with the first of them as the map tells it. */
function wordsOf(map: RaceMap, kind: VariantOutcome, verdict: Judge): string {
  const outcome = map.windows
    .map(({ outcomes }) => outcomes[0])
    .find((each) => each !== undefined && verdict(each) === kind);
  switch (outcome?.kind) {
    case 'oops':
      return `crashed, the first with ${outcome.signature}`;
    case 'hang':
      return `hung, the first in ${outcome.where}`;
    case 'corruption':
      return `corrupted data, the first: ${outcome.what}`;
    case 'inconclusive':
      return `inconclusive, the first: ${outcome.reason}`;
    case 'waited':
      return `inconclusive, the first: the contender waited in ${outcome.where}, and ${FROZEN_WAIT}`;
    default:
      return kind;
  }
}

function verdictOf(outcome: PointOutcome, { hold, oracle }: InterleaveProbe, target: TargetSignature): VariantOutcome {
  if (isFrozenWait(outcome, hold)) return 'inconclusive';
  switch (outcome.kind) {
    case 'oops': {
      const isTarget =
        BAD_ACCESS.test(outcome.signature) || (outcome.splat !== null && target.types.includes(outcome.splat.type));
      return oracle.includes('splat') && isTarget ? 'target' : 'other-bug';
    }
    case 'corruption':
      return oracle.includes('contents') || oracle.includes('value') ? 'target' : 'other-bug';
    case 'hang':
      return oracle.includes('progress') ? 'target' : 'hang';
    case 'inconclusive':
      return 'inconclusive';
    case 'waited':
    case 'refused':
    case 'ok':
      return 'clean';
  }
}

/** Explored points by the gravest of what their attempts came to. */
function pointsByOutcome(map: RaceMap | null, verdict: Judge): Record<VariantOutcome, number> {
  const counts = Object.fromEntries(OUTCOMES.map((kind) => [kind, 0])) as Record<VariantOutcome, number>;
  if (map === null) return counts;
  for (const { outcomes, explored } of map.windows) {
    const gravest = outcomes[0];
    if (gravest !== undefined) counts[verdict(gravest)] += explored;
  }
  return counts;
}
