// SPDX-License-Identifier: GPL-2.0-only
import { CommanderError } from 'commander';
import { EXIT, exitStatusOf, InterruptedError, SwapraceError, unsuppressed } from '../model/errors.ts';
import { buildProgram } from './program.ts';
import { signalled } from './signals.ts';
import { describeError } from './errors.ts';

/** Runs one command line. @returns the exit status (docs/verdicts.md). */
async function main(argv: readonly string[]): Promise<number> {
  const { signal, dispose } = signalled();
  let status: number = EXIT.met;
  try {
    const program = buildProgram({ signal, setStatus: (value) => (status = value) });
    await program.parseAsync([...argv]);
    return status;
  } catch (thrown) {
    const error = unsuppressed(thrown);
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.met : EXIT.usage;
    const told =
      signal.aborted && !(error instanceof SwapraceError) ? new InterruptedError('INTERRUPTED', 'Interrupted') : error;
    process.stderr.write(describeError(told));
    return told instanceof SwapraceError ? exitStatusOf(told.fault) : EXIT.hostFault;
  } finally {
    dispose();
  }
}

// A reader that has had enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main(process.argv);
