// SPDX-License-Identifier: GPL-2.0-only
import { HostError } from '../../model/errors.ts';

/** Why talking to a gdbstub failed; always the host's fault, never evidence about a kernel. */
export type GdbFailure =
  /** The socket closed, or was never there. */
  | 'GDB_LOST'
  /** The machine ended (`W`, `X`). */
  | 'GDB_ENDED'
  /** The stub answered `E nn`. */
  | 'GDB_REFUSED'
  /** The stub knows no such packet (an empty answer). */
  | 'GDB_UNSUPPORTED'
  /** The answer violates the protocol. */
  | 'GDB_PROTOCOL'
  /** Asked for something that needs a stopped machine while it runs, or the other way round. */
  | 'GDB_STATE'
  /** No answer in time. */
  | 'GDB_SILENT';

/** A gdbstub that did not do what was asked. */
export class GdbError extends HostError {
  constructor(
    override readonly code: GdbFailure,
    message: string,
    /** The number of an `E nn` answer; null for every other failure. */
    readonly errno: number | null = null,
    cause?: unknown,
  ) {
    super(code, message, { concerns: 'guest', ...(cause === undefined ? {} : { cause }) });
  }
}
