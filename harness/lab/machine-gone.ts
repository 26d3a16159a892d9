// SPDX-License-Identifier: GPL-2.0-only
import type { StartedGuest } from '../model/guest.ts';
import type { GuestEnd } from '../model/guest-end.ts';

/** Resolves when QEMU has gone, with what that says: the host’s fault, or a guest that ended by itself. */
export async function machineGone(
  guest: StartedGuest,
): Promise<Extract<GuestEnd, { kind: 'host-fault' | 'guest-lost' }>> {
  const machine = await guest.ended;
  switch (machine.kind) {
    case 'killed':
      return { kind: 'host-fault', message: `QEMU was killed by ${machine.signal}` };
    case 'failed':
      return { kind: 'host-fault', message: `QEMU ended with status ${machine.exitCode}: ${machine.stderr}` };
    case 'powered-off':
    case 'reset':
    case 'ended-by-harness':
      return { kind: 'guest-lost', message: `the guest ended by itself (${machine.kind})`, machine };
  }
}
