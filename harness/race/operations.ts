// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../model/errors.ts';
import type { SwapBackend } from '../model/guest.ts';
import type { RaceFolder } from './read.ts';
import type { KernelPlace, RaceOperation, RaceSetup } from './schema.ts';

/** An operation that may be held. */
export type HeldOperation = RaceOperation & { readonly held: NonNullable<RaceOperation['held']> };
/** An operation that may go on meanwhile. */
export type Contender = RaceOperation & { readonly meanwhile: NonNullable<RaceOperation['meanwhile']> };

export function heldNames({ operations }: RaceFolder): string[] {
  return Object.keys(operations).filter((name) => operations[name]?.held !== undefined);
}

export function contenderNames({ operations }: RaceFolder): string[] {
  return Object.keys(operations).filter((name) => operations[name]?.meanwhile !== undefined);
}

/** What is held where nothing else is asked for: the first that may be. */
export function defaultHeld(race: RaceFolder): string {
  return heldNames(race)[0] as string;
}

/** @throws UsageError `NO_SUCH_PATH` naming those that there are. */
export function heldOperation(race: RaceFolder, name: string): HeldOperation {
  const found = race.operations[name];
  if (found?.held !== undefined) return { ...found, held: found.held };
  throw new UsageError('NO_SUCH_PATH', `${race.name} has no operation ${name} that may be held`, {
    hint: `one of: ${heldNames(race).join(', ')}`,
  });
}

/** @throws UsageError `NO_SUCH_CONTENDER` naming those that there are. */
export function contenderOperation(race: RaceFolder, name: string): Contender {
  const found = race.operations[name];
  if (found?.meanwhile !== undefined) return { ...found, meanwhile: found.meanwhile };
  throw new UsageError('NO_SUCH_CONTENDER', `${race.name} has no operation ${name} that may go on meanwhile`, {
    hint: `one of: ${contenderNames(race).join(', ')}`,
  });
}

/** What a guest swaps to where nothing else is asked for. */
export function defaultBackend({ setups }: RaceFolder): SwapBackend {
  return (Object.values(setups)[0] as RaceSetup).backend;
}

export interface NamedSetup extends RaceSetup {
  readonly name: string;
}

/** @throws UsageError `NO_SUCH_SETUP` naming those that there are. */
export function setupNamed(race: RaceFolder, name: string): NamedSetup {
  const found = race.setups[name];
  if (found !== undefined) return { name, ...found };
  throw new UsageError('NO_SUCH_SETUP', `${race.name} has no set-up ${name}`, {
    hint: `one of: ${Object.keys(race.setups).join(', ')}`,
  });
}

/**
 * The set-up of a race for a backend, of whatever size.
 *
 * @throws UsageError `NOT_PLACED_ON` for a backend for which the race has none.
 */
export function setupFor(race: RaceFolder, backend: SwapBackend): NamedSetup {
  const same = ([, setup]: [string, RaceSetup]): boolean => sameKind(setup.backend, backend);
  const found = Object.entries(race.setups).find(same);
  if (found !== undefined) return { name: found[0], ...found[1], backend };
  throw new UsageError('NOT_PLACED_ON', `${race.name} cannot be placed on the backend ${backend.kind}`, {
    hint: `use that of ${Object.keys(race.setups).join(', ')}`,
  });
}

function sameKind(a: SwapBackend, b: SwapBackend): boolean {
  if (a.kind === 'virtio-blk' && b.kind === 'virtio-blk') return a.rotational === b.rotational;
  return a.kind === b.kind;
}

/** Names of functions for a kernel of a version; of any where it is not known. */
export function namesFor(places: readonly KernelPlace[], kernelVersion: string | null): string[] {
  return places
    .filter(({ since, until }) => kernelVersion === null || isWithin(kernelVersion, since, until))
    .map(({ name }) => name);
}

/** @throws UsageError `RACE_NOT_IN_KERNEL` for a kernel in which there is no such race. */
export function requireKernel(race: RaceFolder, kernelVersion: string): void {
  const { name, since = null, until = null } = race;
  if (isWithin(kernelVersion, since, until)) return;
  const range = [since === null ? '' : `since ${since}`, until === null ? '' : `until ${until}`].join(' ').trim();
  throw new UsageError('RACE_NOT_IN_KERNEL', `The race ${name} is in kernels ${range}; this one is ${kernelVersion}`, {
    hint: 'choose a variant of such a kernel, or correct since and until in race.yaml',
  });
}

function isWithin(version: string, since: string | null, until: string | null): boolean {
  return (since === null || compare(version, since) >= 0) && (until === null || compare(version, until) <= 0);
}

/** By as many numbers as the bound has: 5.10.3 is within `until 5.10`. */
function compare(version: string, bound: string): number {
  const [a, b] = [version, bound].map((text) => text.split(/[.-]/).map((part) => Number.parseInt(part, 10)));
  for (const [at, wanted] of (b as number[]).entries()) {
    const difference = ((a as number[])[at] ?? 0) - wanted;
    if (difference !== 0) return difference;
  }
  return 0;
}
