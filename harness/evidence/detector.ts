// SPDX-License-Identifier: GPL-2.0-only
import type { SplatType } from '../model/splat.ts';
import type { Blame } from './blame.ts';

/**
 * What the last line of a splat looks like.
 * - `end-trace`: `---[ end trace …`, as oopses and WARNINGs have.
 * - `rule`: a line of `=`, as the sanitizers have.
 * - `trace`: a call trace and nothing after it.
 * - `message`: perhaps a call trace; a message alone is whole as well.
 * - `line`: the first line is all.
 * - `panic`: panic()'s own last words.
 * - `killed`: the out-of-memory killer's last words.
 */
export type Ending = 'end-trace' | 'rule' | 'trace' | 'message' | 'line' | 'panic' | 'killed';

/** One thing that a kernel complains of: an entry of the table. */
export interface Detector {
  /** Stable; other entries and the tests name it. */
  readonly id: string;
  /** The kernel's file or function that prints it. */
  readonly printedBy: string;
  readonly type: SplatType;
  /**
   * Matches the first line, from its first character. Named groups feed the title; `func` is the function
   * that the kernel itself names, `address` the faulting address, `cpu`, `pid` and `comm` who it was.
   */
  readonly starts: RegExp;
  /** Lines that match `starts` and are no splat. */
  readonly except?: RegExp;
  /** Later lines of the same splat whose named groups feed the title and the fields as well. */
  readonly details?: readonly RegExp[];
  /** `{group}`: a named group, `{f}`: the guilty function; `[…]` is left out when one in it is unknown. */
  readonly title: string;
  readonly blame: Blame;
  readonly ending: Ending;
  /** With `trace`: the traces before this line are history (lock chains), the one after it is the splat's. */
  readonly traceAfter?: RegExp;
  /** Detectors whose first lines belong to this splat when they come in its header. */
  readonly absorbs?: readonly string[];
  /** True when other CPUs and tasks print parts of it. */
  readonly spansContexts?: boolean;
  /** A more telling type and title once the groups are known; the first that fits. */
  readonly refined?: readonly Refinement[];
  /** Any text may match `starts`: believed only with a timestamp, in a log that has them. */
  readonly vague?: boolean;
}

/** A special case of a detector, known by the file that its headline names. */
export interface Refinement {
  readonly group: string;
  readonly matches: RegExp;
  readonly type: SplatType;
  readonly title: string;
  readonly blame?: Blame;
}

/** A detector that a line has fired, with the line's named groups. */
export interface Firing {
  readonly detector: Detector;
  readonly groups: Readonly<Record<string, string>>;
}
