// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../model/errors.ts';
import { describeError } from './errors.ts';

/** Codes of a stream whose reader has gone: no error, for `| head` and a `tee` that died first are usual. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'EIO']);

/**
 * Sees to it that nothing but a verdict ends with status 1: an error that nobody caught is reported, aborts what is
 * under way and ends with 128; so does output that cannot be written (a full disk). Output that nobody reads any more
 * is passed over, and what is under way goes on to its end.
 *
 * @param abort stops the command in good order; the second fault ends the process at once.
 */
export function installLastResort(abort: (reason: Error) => void): void {
  // Holds for whatever ends the process from here on, a promise that never settles among it.
  process.exitCode = EXIT.hostFault;
  let failed = false;
  const fail = (error: unknown): void => {
    // Nothing that is written here may fail in its turn: an error event of a stream ends up below.
    process.stderr.write(describeError(error));
    if (failed) process.exit(EXIT.hostFault);
    failed = true;
    abort(error instanceof Error ? error : new Error(String(error)));
  };
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (READER_GONE.has(error.code) || failed) return;
      fail(new Error(`cannot write ${stream === process.stdout ? 'standard output' : 'messages'}: ${error.message}`));
    });
  }
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  // Output fails after the command has chosen its status.
  process.on('exit', () => {
    if (failed && process.exitCode !== EXIT.interrupted) process.exitCode = EXIT.hostFault;
  });
}
