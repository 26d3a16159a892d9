import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SplatScanner } from '../evidence/scanner.ts';
import { makePrivateDir } from '../host/private-dir.ts';
import { BACKENDS } from '../interleave/backends.ts';
import { PLACING_CMDLINE } from '../interleave/cmdline.ts';
import { pathNamed, type PathName } from '../interleave/paths.ts';
import { prepare, type Placement } from '../interleave/prepare.ts';
import { startProgram } from '../interleave/program.ts';
import { ConsoleSplats } from '../interleave/splats.ts';
import { loadSymbols } from '../interleave/symbols.ts';
import { workClock } from '../interleave/work-clock.ts';
import { boot } from '../machine/boot.ts';
import { timersBroken } from '../machine/emulated-time.ts';
import { GdbClient } from '../machine/gdb/client.ts';
import { MachineSnapshots } from '../machine/snapshot.ts';
import { BootError, GuestError } from '../model/errors.ts';
import type { SwapBackend } from '../model/guest.ts';
import type { PlacedMachine } from '../model/interleave.ts';
import type { Kernel } from '../model/kernel.ts';
import { packCpio } from '../rootfs/cpio.ts';
import type { Lab } from './lab.ts';

export type PlacedLab = Pick<Lab, 'rootfs' | 'identity'>;

/** Boots of a guest whose timers a busy host spoils. */
const MOST_BOOTS = 8;

/** What is placed, and where it is swapped to. */
export interface Scene {
  readonly path: PathName;
  readonly backend: SwapBackend;
}

export const FAULT_SCENE: Scene = { path: 'fault', backend: BACKENDS.rotational };

/**
 * Boots, places and hands over; everything is gone when `use` has ended.
 *
 * @throws GuestError `PATH_NOT_REACHED` when this kernel does not take the path, and as `prepare` does.
 */
export async function withPlacement<T>(
  kernel: Kernel,
  lab: PlacedLab,
  signal: AbortSignal,
  use: (placement: Placement) => Promise<T>,
  scene: Scene = FAULT_SCENE,
  consoleLog?: string,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await placeOnce(kernel, lab, scene, signal, use, consoleLog);
    if (outcome !== 'broken timers') return outcome.value;
    if (attempt === MOST_BOOTS) {
      throw new BootError('BROKEN_TIMERS', `${MOST_BOOTS} guests came up without working timers`, { hint: 'run on a host that is less busy' });
    }
  }
}

async function placeOnce<T>(
  kernel: Kernel,
  lab: PlacedLab,
  scene: Scene,
  signal: AbortSignal,
  use: (placement: Placement) => Promise<T>,
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
      guest: { vcpus: 2, memoryMiB: 128, cmdline: PLACING_CMDLINE, backend: scene.backend },
      accelerator: 'tcg',
      initramfs: [lab.rootfs.image, keys],
      workDir: dir.path,
      consoleLog,
      key: lab.identity.key,
      placing: true,
    },
    signal,
  );
  if (timersBroken(await readFile(consoleLog, 'latin1'))) return 'broken timers';
  const path = pathNamed(scene.path);
  const places = await startProgram(guest.remote, scene.backend, path.operation, signal);
  const sockets = guest.placing;
  if (sockets === null) throw new GuestError('NOT_PLACED', 'The guest was booted without a debugger stub');
  await using vcpus = await GdbClient.connect(sockets.gdbSocket);
  await using snapshots = await MachineSnapshots.open(sockets.qmpSocket);
  const splats = new ConsoleSplats(() => new SplatScanner(), (listener) => guest.onConsoleLine(listener));
  const machine: PlacedMachine = {
    vcpus,
    snapshots,
    splats,
    workMs: workClock(guest.pid),
    dump: (file) => snapshots.dump(file),
    handOver: () => {
      vcpus.close();
      return sockets.gdbSocket;
    },
  };
  return { value: await use(await prepare(machine, places, await loadSymbols(kernel.vmlinux), path)) };
}
