// SPDX-License-Identifier: GPL-2.0-only
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SplatScanner } from '../evidence/scanner.ts';
import { makePrivateDir } from '../host/temp-dir.ts';
import { PLACING_CMDLINE } from '../interleave/cmdline.ts';
import { ConsoleSplats } from '../interleave/splats.ts';
import { workClock } from '../interleave/work-clock.ts';
import { boot } from '../machine/boot.ts';
import { readConsole } from '../machine/console.ts';
import { timersBroken } from '../machine/emulated-time.ts';
import { GdbClient } from '../machine/gdb/client.ts';
import { MachineSnapshots } from '../machine/snapshot.ts';
import { BootError, GuestError } from '../model/errors.ts';
import type { GuestSpec, StartedGuest } from '../model/guest.ts';
import type { PlacedMachine } from '../model/interleave.ts';
import type { Kernel } from '../model/kernel.ts';
import { packCpio } from '../rootfs/cpio.ts';
import type { Lab } from './lab.ts';

export type PlacedLab = Pick<Lab, 'rootfs' | 'identity'>;

/** Boots of a guest whose timers a busy host spoils. */
const MOST_BOOTS = 8;
/** Boots of a guest that falls silent on its way: an emulated timer can fail without a word. */
const MOST_SILENT_BOOTS = 3;

/** A guest that answers over SSH and whose vCPUs run. */
export interface DebuggedGuest {
  readonly guest: StartedGuest;
  /** Takes the vCPUs with QEMU's debugger stub, which stops them. Once. */
  take(): Promise<TakenMachine>;
}

export type TakenMachine = PlacedMachine & AsyncDisposable;

/**
 * Boots a guest with a debugger stub, under emulation; everything is gone when `use` has ended.
 *
 * @param consoleLog where its console goes; it is not kept without.
 * @throws BootError `BROKEN_TIMERS` when no boot gives a guest with working timers; as `boot` does.
 */
export async function withDebuggedGuest<T>(
  kernel: Kernel,
  lab: PlacedLab,
  machine: GuestSpec,
  signal: AbortSignal,
  use: (guest: DebuggedGuest) => Promise<T>,
  consoleLog?: string,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await bootOnce(kernel, lab, machine, signal, use, consoleLog).catch((error: unknown) => {
      if (error instanceof BootError && error.code === 'BOOT_SILENT' && attempt < MOST_SILENT_BOOTS)
        return 'silent' as const;
      throw error;
    });
    if (typeof outcome === 'object') return outcome.value;
    if (attempt === MOST_BOOTS) {
      throw new BootError('BROKEN_TIMERS', `${MOST_BOOTS} guests came up without working timers`, {
        hint: 'run on a host that is less busy',
      });
    }
  }
}

async function bootOnce<T>(
  kernel: Kernel,
  lab: PlacedLab,
  { cmdline, ...machine }: GuestSpec,
  signal: AbortSignal,
  use: (guest: DebuggedGuest) => Promise<T>,
  givenLog?: string,
): Promise<{ readonly value: T } | 'broken timers'> {
  await using dir = await makePrivateDir();
  const keys = join(dir.path, 'keys.cpio');
  const consoleLog = givenLog ?? join(dir.path, 'console.log');
  // Of a guest that was lost, or whose timers were found wanting, nothing is kept.
  await rm(consoleLog, { force: true });
  await writeFile(keys, packCpio(lab.identity.overlay), { mode: 0o600 });
  await using guest = await boot(
    {
      kernel,
      guest: { ...machine, cmdline: [...PLACING_CMDLINE, ...cmdline] },
      accelerator: 'tcg',
      initramfs: [lab.rootfs.image, keys],
      workDir: dir.path,
      consoleLog,
      key: lab.identity.key,
      placing: true,
    },
    signal,
  );
  if (timersBroken(await readConsole(consoleLog))) return 'broken timers';
  // From here on: a guest may crash before its vCPUs are taken.
  const splats = new ConsoleSplats(
    () => new SplatScanner(),
    (listener) => guest.onConsoleLine(listener),
  );
  return { value: await use({ guest, take: () => take(guest, splats) }) };
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
