// SPDX-License-Identifier: GPL-2.0-only
import { HostError } from '../model/errors.ts';
import { closedEnvironment } from '../host/make.ts';
import { run } from '../host/process.ts';

/** First lines of `--version`: equal lines are taken for equal tools. */
export interface Toolchain {
  readonly compiler: string;
  readonly binutils: string;
}

/** @throws HostError `PROGRAM_MISSING`. */
export async function detectToolchain(signal: AbortSignal): Promise<Toolchain> {
  const [compiler, binutils] = await Promise.all([versionOf('gcc', signal), versionOf('ld', signal)]);
  return { compiler, binutils };
}

async function versionOf(program: string, signal: AbortSignal): Promise<string> {
  const [file, ...args] = closedEnvironment([program, '--version']);
  const result = await run(file, args, { signal });
  const line = result.stdout.split('\n')[0]?.trim() ?? '';
  if (result.exitCode === 0 && line !== '') return line;
  throw new HostError('PROGRAM_MISSING', `Cannot build a kernel: ${program} does not run`, {
    hint: '`scripts/run --setup-only` installs what is missing, `swaprace doctor` lists it',
    details: result.stderr.trim(),
  });
}
