// SPDX-License-Identifier: GPL-2.0-only
import type { Seen } from '../../model/probe.ts';
import { pointName } from '../../model/race-map.ts';
import { several } from '../../model/words.ts';
import type { Instant, PlaceFinding } from './finding.ts';
import type { PlaceArgs } from './spec.ts';

type Placed = Seen<PlaceArgs, PlaceFinding>;

/** Steps of one variant by what they are for. */
export interface Parts {
  /** What the probe is about. */
  readonly main: readonly Placed[];
  /** The same kernel under a stall. */
  readonly stalled: Placed | null;
  /** The kernel with calls taken away. */
  readonly mutants: readonly Placed[];
}

export function partsOf(own: readonly Placed[]): Parts {
  return {
    main: own.filter(({ step }) => step.args.part === 'main'),
    stalled: own.find(({ step }) => step.args.part === 'stalled') ?? null,
    mutants: own.filter(({ step }) => step.args.part === 'mutant'),
  };
}

/** A kernel without some of its waits, explored by one hold. */
export interface Mutant {
  readonly without: readonly string[];
  readonly hold: PlaceArgs['hold'];
  /** Instants that show a finding. The kernel as it is shows none: else nobody would ask for its power. */
  readonly noticed: number;
  readonly explored: number;
  /** The first of them. */
  readonly first: string | null;
  /** Why the map is not whole; null when it is. */
  readonly failed: string | null;
}

/** What is known of how well an absence under this probe would have been noticed. */
export interface Power {
  /** Waits of the contender in this kernel. */
  readonly waits: readonly string[];
  readonly mutants: readonly Mutant[];
  /** Instants at which the contender waited, by either hold, and those of them at which no mutant shows a finding. */
  readonly waited: number;
  readonly unchanged: number;
}

export function powerOf(own: readonly Placed[]): Power {
  const { main, stalled, mutants } = partsOf(own);
  const changed = new Set(mutants.flatMap((each) => findingsIn(each).map((instant) => nameOf(each, instant))));
  const whole = stalled === null ? main : [...main, stalled];
  const waited = new Set(
    whole.flatMap((each) => each.finding.instants.filter(isWait).map((instant) => nameOf(each, instant))),
  );
  return {
    waits: main[0]?.finding.waits ?? [],
    mutants: mutants.map(mutantOf),
    waited: waited.size,
    unchanged: [...waited].filter((name) => !changed.has(name)).length,
  };
}

function mutantOf(seen: Placed): Mutant {
  const { step, finding, end } = seen;
  const [first, ...others] = findingsIn(seen);
  return {
    without: step.args.without,
    hold: step.args.hold,
    noticed: first === undefined ? 0 : 1 + others.length,
    explored: finding.instants.length,
    first: first === undefined ? null : placeOf(first),
    failed: end.kind === 'completed' ? null : end.message || end.kind,
  };
}

/** Holds by which a wait is to be missed: what a preempted thread does not show, one whose CPU is frozen may. */
export const POWER_HOLDS = ['preempt', 'stall'] as const;

/**
 * Of a wait that was taken away by itself: whether it was missed, or not by any hold; null where that is not known yet.
 */
export function missedOf(mutants: readonly Mutant[], wait: string): boolean | null {
  const own = mutants.filter(({ without }) => without.length === 1 && without[0] === wait);
  if (own.some(({ noticed }) => noticed > 0)) return true;
  return POWER_HOLDS.every((hold) => own.some((mutant) => mutant.hold === hold)) ? false : null;
}

/**
 * Why an absence has no power; null when it has. Each wait must have been taken away by itself, at least one mutant
 * must have been noticed, and what made no difference by itself must have been taken away together with the others.
 */
export function powerless({ waits, mutants }: Power, contender: string): string | null {
  if (waits.length === 0) return `no call was found by which ${contender} waits`;
  const failed = mutants.find((mutant) => mutant.failed !== null);
  if (failed !== undefined) return `the map without ${failed.without.join(' and ')} is not whole: ${failed.failed}`;
  const missing = waits.filter((wait) => missedOf(mutants, wait) === null);
  if (missing.length > 0) return `there is no map without ${missing.join(', ')}`;
  const silent = waits.some((wait) => missedOf(mutants, wait) === false);
  if (silent && waits.length > 1 && !mutants.some(isWithoutAll)) return 'there is no map without all of the waits';
  return mutants.some(({ noticed }) => noticed > 0)
    ? null
    : `of ${several(waits.length, 'wait')} removed none was noticed`;
}

/** `1 of 2 waits removed was noticed: stop_machine in f+0x1 at 9 of 20 points by stall, the first g+0x2; …`. */
export function powerText({ waits, mutants, waited, unchanged }: Power): string {
  const missed = waits.filter((wait) => missedOf(mutants, wait) === true).length;
  const each = mutants
    .filter(({ without, noticed }) => noticed > 0 || without.length > 1)
    .map((mutant) => `${mutant.without.length > 1 ? 'all of them' : mutant.without[0]} ${noticedText(mutant)}`);
  const silent = waits
    .filter((wait) => missedOf(mutants, wait) === false)
    .map((wait) => `${wait}: no difference by itself`);
  return [
    `${missed} of ${several(waits.length, 'wait')} removed ${missed === 1 ? 'was' : 'were'} noticed`,
    ...each,
    ...silent,
    `${unchanged} of ${several(waited, 'point')} that waited rest on none of them`,
  ].join('; ');
}

function noticedText({ noticed, explored, hold, first }: Mutant): string {
  const where = first === null ? '' : `, the first ${first}`;
  return `at ${noticed} of ${explored} points by ${hold}${where}`;
}

function isWithoutAll({ without }: Mutant): boolean {
  return without.length > 1;
}

function findingsIn({ finding }: Placed): Instant[] {
  return finding.instants.filter(({ outcomes }) =>
    outcomes.some(({ outcome }) => ['oops', 'hang', 'corruption'].includes(outcome.kind)),
  );
}

function isWait({ outcomes }: Instant): boolean {
  return outcomes.some(({ outcome }) => outcome.kind === 'waited');
}

function nameOf({ step }: Placed, { point }: Instant): string {
  return `${step.args.hold} ${pointName(point)}`;
}

function placeOf({ point: { func, offset } }: Instant): string {
  return `${func}+0x${offset.toString(16)}`;
}
