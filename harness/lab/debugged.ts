// SPDX-License-Identifier: GPL-2.0-only
import { SplatScanner } from '../evidence/scanner.ts';
import { GdbClient } from '../machine/gdb/client.ts';
import { MachineSnapshots } from '../machine/snapshot.ts';
import { workClock } from '../machine/work-clock.ts';
import { GuestError } from '../model/errors.ts';
import type { StartedGuest } from '../model/guest.ts';
import type { PlacedMachine } from '../model/interleave.ts';
import { answered } from './answered.ts';
import { bootGuest } from './boot.ts';
import type { GuestKit, GuestRequest, LabGuest } from './guest.ts';
import { ConsoleSplats } from './console-splats.ts';
import { proveKernel } from './proof.ts';

/** A guest that answers over SSH, whose vCPUs run, and which runs the kernel that was asked for. */
export interface DebuggedGuest {
  readonly guest: LabGuest;
  /** Takes the vCPUs with QEMU's debugger stub, which stops them. Once. */
  take(): Promise<TakenMachine>;
}

export type TakenMachine = PlacedMachine & AsyncDisposable;

/**
 * One guest with a debugger stub, under emulation: boots it, proves its kernel, and uses it; everything is gone when
 * `use` has ended.
 *
 * @throws as `bootGuest`, `proveKernel` and `use` do; `endOf` says what that is to a kind of probe.
 */
export async function withDebuggedGuest<T>(
  request: Omit<GuestRequest, 'accelerator' | 'placing'>,
  kit: GuestKit,
  signal: AbortSignal,
  use: (guest: DebuggedGuest) => Promise<T>,
): Promise<T> {
  await using guest = await bootGuest({ ...request, accelerator: 'tcg', placing: true }, kit, signal);
  // From here on: a guest may crash before its vCPUs are taken.
  const splats = new ConsoleSplats(
    () => new SplatScanner(),
    (listener) => guest.onConsoleLine(listener),
  );
  await proveKernel(guest, request.kernel, signal);
  return await use({
    guest,
    take: () => answered(guest, 'hand over its vCPUs', signal, () => take(guest, splats)),
  });
}

async function take(guest: StartedGuest, splats: ConsoleSplats): Promise<TakenMachine> {
  const sockets = guest.placing;
  if (sockets === null) throw new GuestError('NOT_PLACED', 'The guest was booted without a debugger stub');
  const vcpus = await GdbClient.connect(sockets.gdbSocket);
  const snapshots = await MachineSnapshots.open(sockets.qmpSocket);
  return {
    vcpus,
    snapshots,
    splats,
    workMs: workClock(guest.pid),
    dump: (file) => snapshots.dump(file),
    handOver: () => {
      vcpus.close();
      return sockets.gdbSocket;
    },
    [Symbol.asyncDispose]: async () => {
      vcpus.close();
      await snapshots[Symbol.asyncDispose]();
    },
  };
}
