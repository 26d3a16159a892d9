// SPDX-License-Identifier: GPL-2.0-only
import { END_MARK, hasEndMark } from '../model/end-mark.ts';
import { answered } from './answered.ts';
import type { LabGuest } from './guest.ts';

/** KERN_NOTICE: the image keeps the console to notices and graver. */
const LEVEL = '<5>';

/**
 * Has the guest write its end mark, and waits until the console shows it: everything that was printed before is in the
 * log then. A guest that does not is no error here: its console has no mark.
 */
export async function markEnd(guest: LabGuest, signal: AbortSignal): Promise<void> {
  const shown = new Promise<void>((resolve) => {
    guest.onConsoleLine((line) => hasEndMark(line) && resolve());
  });
  await answered(guest, 'its end mark', signal, async (within) => {
    await guest.remote.exec(`echo '${LEVEL}${END_MARK}' > /dev/kmsg`, { signal: within });
    await shown;
  }).catch(() => undefined);
  signal.throwIfAborted();
}
