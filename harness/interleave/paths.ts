// SPDX-License-Identifier: GPL-2.0-only
import { contenderOperation, heldOperation, namesFor } from '../race/operations.ts';
import type { RaceFolder } from '../race/read.ts';
import type { PathLimits } from './path.ts';

/** Where the held thread's path begins. */
export interface AnchorSpec {
  /** The first of these that the kernel has: functions are renamed between kernels. */
  readonly functions: readonly string[];
  /** `target-fault`: only for the fault of the target page, by its struct vm_fault. */
  readonly match: 'target-fault' | 'first';
}

/** The path of an operation that is held. */
export interface PathSpec {
  readonly name: string;
  readonly describe: string;
  readonly anchor: AnchorSpec;
  readonly limits: PathLimits;
  /**
   * What shows that it went well, next to the content of all that it works on: a fault that read nothing from a device
   * was refused; any other operation shows it by the value that it returned.
   */
  readonly success: 'major-fault' | 'value';
}

/** What goes on while the thread is held. */
export interface ContenderSpec {
  readonly name: string;
  /** The first of these that the kernel has is the first function that it enters. */
  readonly enters: readonly string[];
  /** Names of functions that it calls to wait, and of those that make such calls; null where the race names none. */
  readonly waits: { readonly calls: readonly string[]; readonly in: readonly string[] } | null;
}

/** Instructions of a path that is one call, and of one that ends in another function: lock validation is tenfold. */
const MOST_IN_CALL = 6_000;
const MOST_TO_ELSEWHERE = 60_000;

/** @throws UsageError `NO_SUCH_PATH` naming those that there are. */
export function pathNamed(race: RaceFolder, name: string, kernelVersion: string | null = null): PathSpec {
  const { describe, held } = heldOperation(race, name);
  const functions = namesFor(held.from, kernelVersion);
  const limit = held.instructions ?? (held.until === undefined ? MOST_IN_CALL : MOST_TO_ELSEWHERE);
  return {
    name,
    describe,
    anchor: { functions, match: held.match },
    limits: { untilReturnOf: namesFor(held.until ?? held.from, kernelVersion), limit },
    success: held.success,
  };
}

/** @throws UsageError `NO_SUCH_CONTENDER` naming those that there are. */
export function contenderNamed(race: RaceFolder, name: string, kernelVersion: string | null = null): ContenderSpec {
  const { enters, body = [], waits } = contenderOperation(race, name).meanwhile;
  return {
    name,
    enters: namesFor(enters, kernelVersion),
    waits:
      waits === undefined
        ? null
        : { calls: namesFor(waits.calls, kernelVersion), in: namesFor([...body, ...waits.in], kernelVersion) },
  };
}
