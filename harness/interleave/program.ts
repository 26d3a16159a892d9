import { createInterface } from 'node:readline';
import type { RemoteSession } from '../model/guest.ts';
import { parseReadyLine, type ProgramPlaces } from './control.ts';
import type { Schedule } from './schedule.ts';

/**
 * Starts the guest's half of a placed race and waits until all its threads are in their places. It runs for ever; the
 * session that started it must not be used once the guest was restored.
 *
 * @param swap block device in the guest.
 * @throws GuestError `INTERLEAVE_PROGRAM_FAILED` with the program's words.
 */
export async function startProgram(
  remote: RemoteSession,
  swap: string,
  operation: Schedule['operation'],
  signal: AbortSignal,
): Promise<ProgramPlaces> {
  const process = await remote.spawn(`exec interleave ${swap} ${operation} 2>&1`, { signal });
  const lines = createInterface({ input: process.stdout });
  const first = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  signal.throwIfAborted();
  return parseReadyLine(first);
}
