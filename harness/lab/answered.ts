// SPDX-License-Identifier: GPL-2.0-only
import { within } from '../host/deadline.ts';
import { GuestError, MachineLostError } from '../model/errors.ts';
import type { StartedGuest } from '../model/guest.ts';
import type { LabGuest } from './guest.ts';
import { machineGone } from './machine-gone.ts';

/**
 * What the guest answers to one request. A guest that hangs may not hang the harness: so is every request made that
 * precedes the race of ends.
 *
 * @param what is asked for, for the message: `its build id`.
 * @throws GuestError `NO_ANSWER` when its time is over, `GUEST_GONE`; MachineLostError `QEMU_GONE`; as
 *   `ask` does; the signal's reason.
 */
export async function answered<T>(
  guest: LabGuest,
  what: string,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ms = guest.times.answerMs;
  const late = (): Error => new GuestError('NO_ANSWER', `The guest did not answer within ${ms / 1000} s: ${what}`);
  return within(ms, signal, (within) => Promise.race([ask(within), gone(guest, what)]), late);
}

async function gone(guest: StartedGuest, what: string): Promise<never> {
  const { kind, message } = await machineGone(guest);
  if (kind === 'host-fault') throw new MachineLostError('QEMU_GONE', message);
  throw new GuestError('GUEST_GONE', `${message} before it answered: ${what}`);
}
