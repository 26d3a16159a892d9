// SPDX-License-Identifier: GPL-2.0-only
import type { Next, NextContext, PlannedStep } from '../../model/probe.ts';
import { findingsOf, isLost, NOT_SEARCHED, thatDid, type Searched } from './finding.ts';
import type { SearchArgs, SearchSpec } from './spec.ts';

/** Guests in a row that may break off before a variant is given up. */
export const MOST_LOST = 5;

/** Guests that look which functions are reached: on a kernel that crashes soon, one may see little. */
export const MOST_CENSUS_GUESTS = 4;

type Need = { readonly args: SearchArgs; readonly reason: string } | { readonly done: string };

/** The next guest of the first variant that wants one. */
export function nextSearch(
  probe: SearchSpec,
  seen: readonly Searched[],
  { unavailable }: Pick<NextContext, 'unavailable'>,
): Next<SearchArgs> {
  const reasons: Record<string, string> = {};
  for (const variant of probe.variants) {
    const own = seen.filter(({ step }) => step.variant === variant);
    const missing = unavailable[variant];
    const need = missing === undefined ? needOf(probe, own) : { done: missing };
    if ('args' in need) return { kind: 'step', step: planned(variant, own, need) };
    reasons[variant] = need.done;
  }
  return { kind: 'done', reasons };
}

function planned(
  variant: string,
  own: readonly Searched[],
  { args, reason }: Extract<Need, { readonly args: SearchArgs }>,
): PlannedStep<SearchArgs> {
  return { variant, index: Math.max(-1, ...own.map(({ step }) => step.index)) + 1, args, reason };
}

function needOf(probe: SearchSpec, own: readonly Searched[]): Need {
  const given = givenUp(own);
  if (given !== null) return { done: given };
  const reached = probe.functions === null ? reachedOf(probe, own) : { functions: probe.functions };
  if (!('functions' in reached)) return reached;
  const { functions } = reached;
  const rounds = thatDid(own, 'rounds').reduce((total, { finding }) => total + finding.rounds, 0);
  const findings = findingsOf(own);
  if (findings.length < probe.findings && rounds < probe.rounds) {
    const reason = `${rounds} of ${probe.rounds} rounds, ${findings.length} of ${probe.findings} findings`;
    return { args: { do: 'rounds', functions, first: rounds }, reason };
  }
  const [first] = findings;
  if (first === undefined) return { done: `all ${probe.rounds} rounds were made` };
  const [minimised] = thatDid(own, 'minimise');
  const { found, latest } = first.finding;
  if (minimised === undefined)
    return { args: { do: 'minimise', functions, found, rounds: latest }, reason: 'a finding without a schedule' };
  const { schedule } = minimised.finding;
  if (schedule === null) return { done: 'no placed schedule gives what was found' };
  if (thatDid(own, 'replay').length > 0) return { done: 'its schedule was replayed' };
  return { args: { do: 'replay', schedule, attempts: probe.attempts }, reason: 'a schedule that was seen once' };
}

/** Why no further guest is worth its time; null where one may be. */
export function givenUp(own: readonly Searched[]): string | null {
  const refused = own.find(({ end }) => end.kind === NOT_SEARCHED || end.kind === 'wrong-kernel');
  if (refused !== undefined) return refused.end.message;
  const last = own.slice(-MOST_LOST);
  const [latest] = last.slice(-1);
  if (latest === undefined || last.length < MOST_LOST || !last.every(isLost)) return null;
  return `${MOST_LOST} guests in a row were lost; the last one: ${latest.end.message}`;
}

/** Functions of the target that the workload was seen to reach, or the guest that has still to look. */
function reachedOf({ race }: SearchSpec, own: readonly Searched[]): { readonly functions: readonly string[] } | Need {
  const looks = thatDid(own, 'census').filter((each) => !isLost(each));
  const found = new Set(looks.flatMap(({ finding }) => finding.reached));
  const reached = race.target.frames.filter((func) => found.has(func));
  const last = looks.at(-1)?.finding;
  const nothingNew = last !== undefined && last.reached.length === 0 && reached.length > 0;
  if (last === undefined || (last.cut && !nothingNew && looks.length < MOST_CENSUS_GUESTS)) {
    const functions = race.target.frames.filter((func) => !found.has(func));
    return { args: { do: 'census', functions }, reason: 'which functions the workload reaches' };
  }
  if (reached.length > 0) return { functions: reached };
  return { done: `the workload reached none of: ${race.target.frames.join(', ')}` };
}
