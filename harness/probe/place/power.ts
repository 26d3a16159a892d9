// SPDX-License-Identifier: GPL-2.0-only
import type { Seen } from '../../model/probe.ts';
import { pointName } from '../../model/race-map.ts';
import { several } from '../../model/words.ts';
import type { Instant, PlaceFinding } from './finding.ts';
import { joined } from './map.ts';
import type { PlaceArgs } from './spec.ts';

type Placed = Seen<PlaceArgs, PlaceFinding>;

/** Steps of one variant by what they are for. */
export interface Parts {
  /** What the probe is about. */
  readonly main: readonly Placed[];
  /** The same kernel under a stall, to compare mutants with. */
  readonly stalled: Placed | null;
  /** Under a stall as well, with calls taken away. */
  readonly mutants: readonly Placed[];
}

export function partsOf(own: readonly Placed[]): Parts {
  return {
    main: own.filter(({ step }) => step.args.part === 'main'),
    stalled: own.find(({ step }) => step.args.part === 'stalled') ?? null,
    mutants: own.filter(({ step }) => step.args.part === 'mutant'),
  };
}

/** A kernel without some of its waits, beside the same kernel as it is. */
export interface Mutant {
  readonly without: readonly string[];
  /** Instants with a finding that the kernel as it is does not show there. */
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
  /** Instants at which the contender waited under a stall, and those of them that no mutant changed. */
  readonly waited: number;
  readonly unchanged: number;
}

export function powerOf(own: readonly Placed[]): Power {
  const { main, stalled, mutants } = partsOf(own);
  const base = stalled === null ? [] : joined([stalled.finding]).instants;
  const found = new Set(base.filter(isFinding).map(nameOf));
  const changed = new Set<string>();
  const made = mutants.map(({ step, finding, end }): Mutant => {
    const noticed = finding.instants.filter((instant) => isFinding(instant) && !found.has(nameOf(instant)));
    for (const instant of noticed) changed.add(nameOf(instant));
    return {
      without: step.args.without,
      noticed: noticed.length,
      explored: finding.instants.length,
      first: noticed[0] === undefined ? null : placeOf(noticed[0]),
      failed: end.kind === 'completed' ? null : end.message || end.kind,
    };
  });
  const waited = base.filter(({ outcomes }) => outcomes.some(({ outcome }) => outcome.kind === 'waited'));
  return {
    waits: main[0]?.finding.waits ?? [],
    mutants: made,
    waited: waited.length,
    unchanged: waited.filter((instant) => !changed.has(nameOf(instant))).length,
  };
}

/**
 * Why an absence has no power; null when it has. Each wait must have been taken away by itself, at least one of them
 * must have been noticed, and what made no difference by itself must have been taken away together with the others.
 */
export function powerless({ waits, mutants }: Power, contender: string): string | null {
  if (waits.length === 0) return `no call was found by which ${contender} waits`;
  const failed = mutants.find((mutant) => mutant.failed !== null);
  if (failed !== undefined) return `the map without ${failed.without.join(' and ')} is not whole: ${failed.failed}`;
  const missing = waits.filter((wait) => singleOf(mutants, wait) === undefined);
  if (missing.length > 0) return `no map without ${missing.join(', ')} was made`;
  if (!mutants.some(({ noticed }) => noticed > 0))
    return `none of ${several(waits.length, 'wait')} removed was noticed`;
  const silent = waits.filter((wait) => singleOf(mutants, wait)?.noticed === 0);
  const together = mutants.some(({ without }) => without.length > 1 && without.length === waits.length);
  if (silent.length > 0 && waits.length > 1 && !together) return 'no map without all of the waits was made';
  return null;
}

/** `1 of 2 waits removed was noticed: stop_machine in f+0x1 at 9 of 20 points, the first g+0x2; …`. */
export function powerText({ waits, mutants, waited, unchanged }: Power): string {
  const noticed = waits.filter((wait) => (singleOf(mutants, wait)?.noticed ?? 0) > 0);
  const each = mutants.map(({ without, noticed: at, explored, first }) => {
    const what = without.length > 1 ? 'all of them' : without[0];
    return at === 0
      ? `${what}: no difference at ${explored} points`
      : `${what}: at ${at} of ${explored} points, the first ${first}`;
  });
  const rest = `${unchanged} of ${several(waited, 'point')} that waited rest on none of them`;
  return [
    `${noticed.length} of ${several(waits.length, 'wait')} removed ${noticed.length === 1 ? 'was' : 'were'} noticed`,
    ...each,
    rest,
  ].join('; ');
}

function singleOf(mutants: readonly Mutant[], wait: string): Mutant | undefined {
  return mutants.find(({ without }) => without.length === 1 && without[0] === wait);
}

function isFinding({ outcomes }: Instant): boolean {
  return outcomes.some(({ outcome }) => ['oops', 'hang', 'corruption'].includes(outcome.kind));
}

function nameOf({ point }: Instant): string {
  return pointName(point);
}

function placeOf({ point: { func, offset } }: Instant): string {
  return `${func}+0x${offset.toString(16)}`;
}
