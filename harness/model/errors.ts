// SPDX-License-Identifier: GPL-2.0-only
/**
 * Whose fault it is. A kernel that crashes is a result and never an exception; these are for the
 * harness's own trouble.
 */
export type Fault = 'usage' | 'host' | 'source' | 'build' | 'boot' | 'guest' | 'interrupted';

/** Exit statuses of every command (docs/verdicts.md). */
export const EXIT = {
  met: 0,
  missed: 1,
  inconclusive: 125,
  hostFault: 128,
  usage: 129,
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export interface ErrorDetails {
  /** What the person can do about it; printed after "Try:". */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Longer evidence (rejected hunks, the tail of a log); printed below the message. */
  readonly details?: string;
}

/** The one error base: what was attempted, on what value, and how to mend it. */
export abstract class SwapraceError extends Error {
  abstract readonly fault: Fault;
  readonly hint: string | undefined;
  readonly details: string | undefined;

  /** @param code stable identifier of the failure, SCREAMING_SNAKE_CASE. */
  constructor(
    readonly code: string,
    message: string,
    options: ErrorDetails = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
    this.details = options.details;
  }
}

/** The person asked for something that cannot be: a wrong option, an invalid plan. */
export class UsageError extends SwapraceError {
  readonly fault = 'usage';
}

export interface HostErrorDetails extends ErrorDetails {
  /**
   * `guest`: one guest was lost to the host (QEMU killed, its monitor gone, no working clocks); others are possible.
   * `run`, the default: nothing can go on (disk full, program missing).
   */
  readonly concerns?: 'guest' | 'run';
}

/** The machine that runs the harness: disk full, program missing, QEMU killed from outside. */
export class HostError extends SwapraceError {
  readonly fault = 'host';
  readonly concerns: 'guest' | 'run';

  constructor(code: string, message: string, options: HostErrorDetails = {}) {
    super(code, message, options);
    this.concerns = options.concerns ?? 'run';
  }
}

/** The machine under a guest answers nothing more: QEMU, its monitor or its debugger stub is gone. */
export class MachineLostError extends HostError {
  constructor(code: string, message: string, cause?: unknown) {
    super(code, message, { concerns: 'guest', ...(cause === undefined ? {} : { cause }) });
  }
}

/** A tree or series: not found, wrong checksum, a patch that does not apply. */
export class SourceError extends SwapraceError {
  readonly fault = 'source';
}

/** Kconfig or make refused the kernel. */
export class BuildError extends SwapraceError {
  readonly fault = 'build';
}

export interface BootErrorDetails extends ErrorDetails {
  /** True where an emulated guest may come up at the next attempt: an emulated timer can fail without a message. */
  readonly again?: boolean;
}

/** A kernel that was started and never became a guest that answers. */
export class BootError extends SwapraceError {
  readonly fault = 'boot';
  readonly again: boolean;

  constructor(code: string, message: string, options: BootErrorDetails = {}) {
    super(code, message, options);
    this.again = options.again ?? false;
  }
}

/** A guest that came up and runs another kernel than the one that was asked for. */
export class WrongKernelError extends BootError {
  /** @param reported the build id that the guest reported. */
  constructor(
    asked: string,
    readonly reported: string,
  ) {
    super(
      'WRONG_KERNEL',
      `the guest runs build ${reported}, not ${asked}: the kernel in the cache is not the one that was built`,
    );
  }
}

/** A booted guest that misbehaves in a way that is not evidence: a missing workload, a broken transfer. */
export class GuestError extends SwapraceError {
  readonly fault = 'guest';
}

/** The person or the machine asked to stop. */
export class InterruptedError extends SwapraceError {
  readonly fault = 'interrupted';
}

/** The exit status that an uncaught error of this fault ends a command with. */
export function exitStatusOf(fault: Fault): ExitStatus {
  switch (fault) {
    case 'usage':
      return EXIT.usage;
    case 'interrupted':
      return EXIT.interrupted;
    case 'source':
    case 'build':
    case 'boot':
    case 'guest':
      return EXIT.inconclusive;
    case 'host':
      return EXIT.hostFault;
  }
}

/** If several statuses hold, the first of these wins. */
const PRECEDENCE: readonly ExitStatus[] = [
  EXIT.interrupted,
  EXIT.usage,
  EXIT.hostFault,
  EXIT.missed,
  EXIT.inconclusive,
  EXIT.met,
];

/** The one status of a run in which all of `statuses` hold; `met` when there is none. */
export function worstStatus(statuses: Iterable<ExitStatus>): ExitStatus {
  const held = new Set(statuses);
  return PRECEDENCE.find((status) => held.has(status)) ?? EXIT.met;
}

/**
 * What went wrong where one failure was followed by another while things were put away (`await using`): the first that
 * says whose fault it is, the original one before its consequence.
 */
export function unsuppressed(error: unknown): unknown {
  if (!(error instanceof Error) || !('suppressed' in error)) return error;
  const { suppressed, error: later } = error as Error & { readonly suppressed?: unknown; readonly error?: unknown };
  const candidates = [unsuppressed(suppressed), unsuppressed(later)];
  return candidates.find((candidate) => candidate instanceof SwapraceError) ?? candidates[0];
}
