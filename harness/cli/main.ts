// SPDX-License-Identifier: GPL-2.0-only
import { CommanderError } from 'commander';
import { EXIT, exitStatusOf, InterruptedError, SwapraceError, unsuppressed } from '../model/errors.ts';
import { buildProgram } from './program.ts';
import { signalled } from './signals.ts';
import { describeError } from './errors.ts';
import { installLastResort } from './last-resort.ts';

/** Runs one command line. @returns the exit status (docs/verdicts.md). */
async function main(argv: readonly string[]): Promise<number> {
  const { signal, abort, dispose } = signalled();
  installLastResort(abort);
  let status: number = EXIT.met;
  try {
    const program = buildProgram({ signal, setStatus: (value) => (status = value) });
    await program.parseAsync([...argv]);
    return status;
  } catch (thrown) {
    const error = unsuppressed(thrown);
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.met : EXIT.usage;
    const reported =
      signal.aborted && !(error instanceof SwapraceError) ? new InterruptedError('INTERRUPTED', 'Interrupted') : error;
    process.stderr.write(describeError(reported));
    return reported instanceof SwapraceError ? exitStatusOf(reported.fault) : EXIT.hostFault;
  } finally {
    dispose();
  }
}

process.exitCode = await main(process.argv);
