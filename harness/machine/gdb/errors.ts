// SPDX-License-Identifier: GPL-2.0-only
import { HostError } from '../../model/errors.ts';

/**
 * Why a gdbstub that is there did not do what was asked; always the host's fault, never evidence about a kernel. One
 * that is gone is a MachineLostError: `GDB_LOST` (its socket), `GDB_ENDED` (`W`, `X`), `GDB_SILENT` (no answer).
 */
export type GdbFailure =
  /** The stub answered `E nn`. */
  | 'GDB_REFUSED'
  /** The stub knows no such packet (an empty answer). */
  | 'GDB_UNSUPPORTED'
  /** The answer violates the protocol. */
  | 'GDB_PROTOCOL'
  /** Asked for something that needs a stopped machine while it runs, or the other way round. */
  | 'GDB_STATE';

/** A gdbstub that did not do what was asked. */
export class GdbError extends HostError {
  constructor(
    override readonly code: GdbFailure,
    message: string,
    /** The number of an `E nn` answer; null for every other failure. */
    readonly errno: number | null = null,
  ) {
    super(code, message, { concerns: 'guest' });
  }
}
