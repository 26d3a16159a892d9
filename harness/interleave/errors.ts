// SPDX-License-Identifier: GPL-2.0-only
import { GuestError, type ErrorDetails } from '../model/errors.ts';

/** A thread did not come where it should, as one that waits for a CPU that stands still; another guest may do. */
export class NotPlacedError extends GuestError {
  constructor(problem: string, details: ErrorDetails = {}) {
    super('NOT_PLACED', `The race was not placed: ${problem}`, details);
  }
}

/** This kernel does not take the path. */
export class PathNotReachedError extends GuestError {
  constructor(path: string, why: string, cause?: unknown) {
    super('PATH_NOT_REACHED', `The path ${path} is not reached: ${why}`, {
      hint: 'interleave paths lists what there is; an older kernel may do without it, and a compiler may inline it',
      cause,
    });
  }
}

/** Other work of the machine kept the contender from its turn; another machine's may not. */
export class CpuTakenError extends GuestError {
  constructor(contender: string, where: string) {
    super('CPU_TAKEN', `${contender} was not called: something else had its CPU, in ${where}`);
  }
}
