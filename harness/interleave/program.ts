// SPDX-License-Identifier: GPL-2.0-only
import { createInterface } from 'node:readline';
import type { RemoteSession, SwapBackend } from '../model/guest.ts';
import { backendSetup } from './backends.ts';
import { parseReadyLine, type ProgramPlaces } from './control.ts';
import type { PathSpec } from './paths.ts';

/**
 * Starts the guest's half of a placed race and waits until all its threads are in their places. It runs for ever; the
 * session that started it must not be used once the guest was restored.
 *
 * @throws UsageError `NOT_PLACED_ON` for a backend on which nothing can be placed.
 * @throws GuestError `INTERLEAVE_PROGRAM_FAILED` with the program's words.
 */
export async function startProgram(
  remote: RemoteSession,
  backend: SwapBackend,
  operation: PathSpec['operation'],
  signal: AbortSignal,
): Promise<ProgramPlaces> {
  const process = await remote.spawn(programCommand(backend, operation), { signal });
  const lines = createInterface({ input: process.stdout });
  const first = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  signal.throwIfAborted();
  return parseReadyLine(first);
}

/** Pure. What goes wrong comes as the first line. */
export function programCommand(backend: SwapBackend, operation: PathSpec['operation']): string {
  const { commands, device } = backendSetup(backend);
  return `exec 2>&1; ${[...commands, `exec interleave ${device} ${operation}`].join(' && ')}`;
}
