// SPDX-License-Identifier: GPL-2.0-only
import { BootError, GuestError, HostError, SwapraceError, WrongKernelError } from '../model/errors.ts';
import type { GuestEnd } from '../model/guest-end.ts';

/** The end of a guest that an error is; null for an error that concerns more than this guest. */
export function endOf(error: unknown): GuestEnd | null {
  if (error instanceof WrongKernelError) return { kind: 'wrong-kernel', message: error.message };
  if (error instanceof BootError) return { kind: 'boot-failed', message: described(error) };
  if (error instanceof GuestError) return { kind: 'guest-lost', message: described(error), machine: null };
  if (error instanceof HostError && error.concerns === 'guest')
    return { kind: 'host-fault', message: described(error) };
  return null;
}

function described({ message, details }: SwapraceError): string {
  return details === undefined ? message : `${message}\n${details}`;
}
