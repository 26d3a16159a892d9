// SPDX-License-Identifier: GPL-2.0-only
import type { TargetSignature } from './outcome.ts';

/** The race of a plan, a schedule or a command that names none. */
export const DEFAULT_RACE = 'swapoff';

/** Ways in which a bug can show: a splat, a wrong value returned, wrong contents, no progress. */
export const ORACLES = ['splat', 'value', 'contents', 'progress'] as const;
export type Oracle = (typeof ORACLES)[number];

/**
 * Two or more operations that must not meet as they do. Read from `guests/races/NAME/race.yaml` (harness/race); the
 * words here are all that reports and verdicts know of a race.
 */
export interface Race {
  /** The folder's name. */
  readonly name: string;
  readonly describe: string;
  readonly words: RaceWords;
  /** How the race's own bug shows; whatever else is seen is another finding. */
  readonly oracle: readonly Oracle[];
  /** What the bug looks like when the kernel complains. */
  readonly target: TargetSignature;
}

export interface RaceWords {
  /** What goes on meanwhile, as a report names it: `write()`. */
  readonly contender: string;
  /** What is held or raced: `swap-in`. */
  readonly operation: string;
  /** The unit of exposure: `exposed write`, `exposed writes`. */
  readonly exposure: { readonly one: string; readonly many: string; readonly describe: string };
  /** Title of the finding that data came back wrong: `data corruption after swap-in`. */
  readonly corruption: string;
}
